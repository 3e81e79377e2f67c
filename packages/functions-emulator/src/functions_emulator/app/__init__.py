"""What the emulator reads of an app: its settings and its functions."""
