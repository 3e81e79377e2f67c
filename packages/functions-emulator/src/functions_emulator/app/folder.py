"""Is a folder a function app? If not: what was looked for, and where it may be."""

from pathlib import Path

from functions_emulator.errors import AppError

HOST_FILE = "host.json"
SCRIPT = "function_app.py"


def check_folder(app_root: Path) -> None:
    """Raise AppError if there is no folder or no host.json in it."""
    if not app_root.is_dir():
        raise AppError(f"there is no folder {app_root}.")
    if (app_root / HOST_FILE).is_file():
        return
    if (app_root / SCRIPT).is_file():
        raise AppError(
            f"there is no {HOST_FILE} in {app_root}, beside {SCRIPT}; write one, the least is "
            '{"version": "2.0"}.'
        )
    below = sorted(path.parent for path in app_root.glob(f"*/{HOST_FILE}"))
    where = f"There is one below: --app-root {below[0]}." if below else ""
    raise AppError(
        f"there is no function app in {app_root}: it has no {HOST_FILE} and no {SCRIPT}. "
        f"{where or 'Start in the folder of the app or give --app-root.'}"
    )


def check_script(app_root: Path, script: str) -> None:
    """Raise AppError if the app has no code that declares functions in decorators."""
    if (app_root / script).is_file():
        return
    older = sorted(app_root.glob("*/function.json"))
    if older:
        raise AppError(
            f"there is no {script} in {app_root}: this is an app of the first programming model "
            f"({older[0].parent.name}/function.json), which the emulator does not run. Move it to "
            "the second (decorators), or use `func start`."
        )
    raise AppError(
        f"there is no {script} in {app_root}; functions are declared in it with decorators. The "
        "app setting PYTHON_SCRIPT_FILE_NAME gives it another name."
    )
