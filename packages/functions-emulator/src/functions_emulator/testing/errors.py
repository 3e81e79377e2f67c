"""What goes wrong between a test and the app under test."""


class FunctionsError(AssertionError):
    """The app did not do what the test waited for, or the host refused what the test asked."""
