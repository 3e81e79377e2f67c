"""Faults made for real, under load: `python -m tools.chaos`, or `make chaos`."""
