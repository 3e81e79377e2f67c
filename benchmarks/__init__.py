"""Measure the project beside what a person would pick instead."""
