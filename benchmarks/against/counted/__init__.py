"""On the path of a process whose status calls are counted."""
