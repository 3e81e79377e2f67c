"""Faults made for real, under load, in one app that runs on: `python -m tools.chaos`."""
