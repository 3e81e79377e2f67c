"""What starts the app's functions: HTTP requests, queue messages, timers."""
