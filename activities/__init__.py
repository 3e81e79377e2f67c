"""Activity functions: each calls `ordering` and does nothing else."""
