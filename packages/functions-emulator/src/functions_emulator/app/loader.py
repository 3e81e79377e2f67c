"""Load the app: import function_app.py and read its functions, as the Python worker does."""

import importlib
import logging
import os
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

from azure.functions import FunctionRegister

from functions_emulator.app.folder import SCRIPT, check_script
from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.indexing import definition_of
from functions_emulator.app.tracebacks import place_of, user_traceback
from functions_emulator.errors import AppError

# Of the host: Utility.cs, FunctionNameValidationRegex.
_FUNCTION_NAME = re.compile(r"(?!host$)[a-z][a-z0-9_-]{0,127}", re.IGNORECASE | re.ASCII)


def load_functions(app_root: Path) -> list[FunctionDefinition]:
    """Import the app in `app_root` and return its functions, in the order they are declared.

    Changes the working directory to `app_root` and puts it first on sys.path. Raises AppError with
    file and line for anything that keeps the app from loading.
    """
    app_root = app_root.resolve()
    script = os.environ.get("PYTHON_SCRIPT_FILE_NAME") or SCRIPT
    check_script(app_root, script)
    _prepare_imports(app_root)
    register = _find_register(_import(script, app_root), script)
    logging.getLogger().addFilter(_is_no_auth_level_notice)
    try:
        indexed = register.get_functions()
    except Exception as error:
        raise _load_error(error, script, app_root) from error
    finally:
        logging.getLogger().removeFilter(_is_no_auth_level_notice)
    functions = [definition_of(function) for function in indexed]
    if not functions:
        raise AppError(
            f"{script} declares no functions; decorate one, or call app.register_functions(bp) for "
            "each blueprint."
        )
    _check_names(functions)
    return functions


def _is_no_auth_level_notice(record: logging.LogRecord) -> bool:
    """Drop what the SDK says of every app with a queue or timer function; nobody can act on it."""
    return not record.getMessage().startswith("Auth level is not applied to non http function app")


def _prepare_imports(app_root: Path) -> None:
    os.chdir(app_root)
    packages = app_root / ".python_packages" / "lib" / "site-packages"
    for path in (str(packages) if packages.is_dir() else "", str(app_root)):
        if path:
            if path in sys.path:
                sys.path.remove(path)
            sys.path.insert(0, path)
    importlib.invalidate_caches()


def _import(script: str, app_root: Path) -> ModuleType:
    try:
        return importlib.import_module(Path(script).stem)
    except (Exception, SystemExit) as error:
        raise _load_error(error, script, app_root) from error


def _load_error(error: BaseException, script: str, app_root: Path) -> AppError:
    place = place_of(error, app_root) or script
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    message = f"{place}: {type(error).__name__}: {text}".rstrip(": ")
    if isinstance(error, ModuleNotFoundError):
        return AppError(f"{message}. Install it, for instance: pip install -r requirements.txt")
    if isinstance(error, SyntaxError):
        source = (error.text or "").strip()
        return AppError(f"{message}: {source}" if source else message)
    return AppError(message, details=user_traceback(error))


def _find_register(module: ModuleType, script: str) -> FunctionRegister:
    found: list[FunctionRegister] = []
    for name in dir(module):
        value = getattr(module, name, None)
        if isinstance(value, FunctionRegister) and not any(value is other for other in found):
            found.append(value)
    if not found:
        raise AppError(
            f"{script} has no function app; add `app = func.FunctionApp()`, or `df.DFApp()` for "
            "durable functions."
        )
    if len(found) > 1:
        raise AppError(
            f"{script} has more than one function app; keep one and make the others blueprints."
        )
    return found[0]


def _check_names(functions: list[FunctionDefinition]) -> None:
    uses = Counter(function.name.lower() for function in functions)
    for function in functions:
        if not _FUNCTION_NAME.fullmatch(function.name):
            raise AppError(
                f"the function name {function.name!r} is illegal; use letters, digits, - and _ and "
                "start with a letter (@app.function_name)."
            )
        if uses[function.name.lower()] > 1:
            raise AppError(
                f"two functions are called {function.name!r}, ignoring case; give one another name "
                "(@app.function_name)."
            )
