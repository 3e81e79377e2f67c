"""Orders on Azurite: how many a second, how late, and what the storage alone would allow."""
