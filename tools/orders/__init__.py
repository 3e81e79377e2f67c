"""Orders for a person at a terminal: place, show and watch them on any host."""
