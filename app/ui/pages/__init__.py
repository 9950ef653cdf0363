"""One file per page, nothing else."""
