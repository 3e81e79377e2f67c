"""What runs the app's functions, as the Python worker does."""
