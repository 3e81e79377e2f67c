"""The worker processes, as the host has them: started, called, watched and replaced."""
