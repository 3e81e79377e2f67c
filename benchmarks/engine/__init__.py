"""The engine alone, beside durabletask's in-memory backend and DBOS on SQLite."""
