"""The app as the host gets it; it gives its functions once in a process."""

import warnings
from typing import Any

import pytest


@pytest.fixture(scope="session")
def functions() -> list[Any]:
    """The functions, indexed without a warning."""
    from function_app import app

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(app.get_functions())
