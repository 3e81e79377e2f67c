"""The app of today beside that of an earlier commit, in turns, in one run."""
