"""Check a running app's books: `python -m tools.audit`, or `make audit`."""
