"""The durable task framework and the durable extension, as one small engine on SQLite."""
