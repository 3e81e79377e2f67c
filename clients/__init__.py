"""Client functions: what starts, wakes and watches orders."""
