"""One file per adapter, nothing else."""
