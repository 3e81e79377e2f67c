"""A small Azure Functions host for Python apps, for machines without Core Tools."""
