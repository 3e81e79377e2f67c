"""Measure the project beside what a person would pick instead."""

# First of all: it tells a Python without the project's packages what to do.
import tools as tools
