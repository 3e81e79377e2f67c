"""The section Host of local.settings.json, for `func start` alone (HostStartSettings.cs)."""

from dataclasses import dataclass, field
from pathlib import Path

from functions_emulator.app.jsonc import read_json_object
from functions_emulator.app.sections import Section
from functions_emulator.errors import AppError

FILE = "local.settings.json"
DEFAULT_PORT = 7071
DEFAULT_ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class CorsSettings:
    """The origins that a browser may call from; none switches CORS off."""

    origins: tuple[str, ...] = ()
    credentials: bool = False

    @property
    def any_origin(self) -> bool:
        return "*" in self.origins


@dataclass(frozen=True)
class LocalHost:
    """Where the host listens, and who may call it."""

    port: int = DEFAULT_PORT
    address: str = DEFAULT_ADDRESS
    cors: CorsSettings = field(default_factory=CorsSettings)


def local_host(app_root: Path) -> LocalHost:
    """Read the section; raise AppError that names file and setting."""
    path = app_root / FILE
    if not path.is_file():
        return LocalHost()
    section = Section("", read_json_object(path), FILE).section("Host")
    return LocalHost(
        port=section.integer("LocalHttpPort", 0, 0, 65535) or DEFAULT_PORT,
        address=section.text("LocalHttpAddress", "") or DEFAULT_ADDRESS,
        cors=_cors(section),
    )


def _cors(section: Section) -> CorsSettings:
    # Split at commas and nothing else, as Startup.cs of Core Tools does.
    origins = tuple(each.lower() for each in section.text("CORS", "").split(",") if each)
    cors = CorsSettings(origins, section.boolean("CORSCredentials", False))
    if cors.any_origin and cors.credentials:
        raise AppError(
            f"{FILE}: Host.CORS allows any origin and Host.CORSCredentials allows credentials; "
            "CORS does not permit both. Name the origins."
        )
    return cors
