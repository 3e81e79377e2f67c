"""Stock: what is free, who holds it, who waits for it."""
