"""The same order, stock and payment included, on DBOS with Postgres."""
