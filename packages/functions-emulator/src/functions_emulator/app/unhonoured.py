"""Settings of host.json that change nothing here."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions_emulator.app.sections import Section

_ALL = None  # Everything below is honoured, or has no meaning outside the platform.
_Honoured = Mapping[str, "_Honoured | None"]

_HONOURED: _Honoured = {
    "version": _ALL,
    "functiontimeout": _ALL,
    "extensionbundle": _ALL,
    "functions": _ALL,
    "logging": {"loglevel": _ALL},
    "extensions": {
        "http": {"routeprefix": _ALL, "customheaders": _ALL},
        "queues": {
            "messageencoding": _ALL,
            "batchsize": _ALL,
            "newbatchthreshold": _ALL,
            "maxdequeuecount": _ALL,
            "visibilitytimeout": _ALL,
            "maxpollinginterval": _ALL,
        },
        "durabletask": {
            "hubname": _ALL,
            "defaultversion": _ALL,
            "maxconcurrentactivityfunctions": _ALL,
            "maxconcurrentorchestratorfunctions": _ALL,
            "maxentityoperationbatchsize": _ALL,
            "httpsettings": {"defaultasyncrequestsleeptimemilliseconds": _ALL},
            "overridableexistinginstancestates": _ALL,
            "rollbackentityoperationsonexceptions": _ALL,  # said where there are entities
            "maxgrpcmessagesizeinbytes": _ALL,
            "throwstatusexceptionsonraiseevent": _ALL,
        },
    },
}
_WHY = {
    "retry": "decorate functions with @app.retry",
    "healthmonitor": "it watches limits of the platform",
    "extensions.http.maxconcurrentrequests": "requests are not throttled",
    "extensions.http.maxoutstandingrequests": "requests are not throttled",
    "extensions.http.dynamicthrottlesenabled": "requests are not throttled",
    "extensions.durabletask.maxorchestrationactions": "an orchestrator may take any number",
    "extensions.durabletask.storageprovider": "the emulator keeps state itself, in one SQLite file",
    "extensions.durabletask.versionmatchstrategy": "every version is run",
    "extensions.durabletask.versionfailurestrategy": "every version is run",
    "logging.applicationinsights": "no telemetry is sent",
}
# Switched off, which is what is done here.
_OFF: tuple[Any, ...] = (None, False, -1, "-1", "false", "", "False")
_TELEMETRY = ("APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY")


def setting_notices(host_json: Section, values: Mapping[str, str]) -> tuple[str, ...]:
    """Name every setting that is not honoured; unknown ones are no error, as on the host."""
    telemetry = [name for name in _TELEMETRY if values.get(name)]
    lines = [
        _line(path, value)
        for path, value in _unhonoured("", host_json.values, _HONOURED)
        if telemetry or path.lower() != "logging.applicationinsights"
    ]
    return (*lines, *(f"{name} is not honoured here: no telemetry is sent." for name in telemetry))


def _unhonoured(path: str, values: Mapping[str, Any], honoured: _Honoured) -> Iterator[Any]:
    for name, value in values.items():
        below = f"{path}.{name}".lstrip(".")
        if name.lower() not in honoured:
            if not _is_off(value):
                yield below, value
            continue
        known = honoured[name.lower()]
        if known is not None and isinstance(value, Mapping):
            yield from _unhonoured(below, value, known)


def _is_off(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_off, value.values()))
    return isinstance(value, list) and not value or value in _OFF


def _line(path: str, value: Any) -> str:
    why = _WHY.get(path.lower(), "")
    if path.lower() == "extensions.durabletask.storageprovider" and isinstance(value, Mapping):
        kind = next((value[name] for name in value if name.lower() == "type"), None)
        path = f"{path} {kind!r}" if kind else path
    return f"host.json: {path} is not honoured here{f': {why}' if why else ''}."
