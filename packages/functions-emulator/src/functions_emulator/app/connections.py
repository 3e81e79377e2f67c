"""Storage connection strings behind the names that bindings use."""

from collections.abc import Mapping

from functions_emulator.errors import AppError

DEVELOPMENT_STORAGE = "UseDevelopmentStorage=true"


def connection_string(values: Mapping[str, str], name: str, where: str) -> str:
    """Find a connection by its name as the host does: `name` or `AzureWebJobs<name>`.

    `where` names the binding in the AppError that a missing setting raises.
    """
    name = name or "Storage"
    names = (f"AzureWebJobs{name}", name)
    for candidate in names:
        value = values.get(candidate)
        if value:
            return value
    wanted = "AzureWebJobsStorage" if name == "Storage" else name
    identity = [key for key in values if key.startswith(tuple(f"{n}__" for n in names))]
    if identity:
        raise AppError(
            f"{where}: connection {name!r} is identity based ({identity[0]}); the emulator needs a "
            f"connection string in the app setting {wanted!r}."
        )
    raise AppError(
        f"{where}: there is no app setting {wanted!r} with a storage connection string; add it "
        f'to Values in local.settings.json, for Azurite "{wanted}": "{DEVELOPMENT_STORAGE}".'
    )
