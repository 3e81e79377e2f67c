"""The orchestrations: what happens in which order, and nothing else."""
