"""The headless enclave side."""
