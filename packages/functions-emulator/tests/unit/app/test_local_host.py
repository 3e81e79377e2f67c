import json
from pathlib import Path
from typing import Any

import pytest

from functions_emulator.app.local_host import CorsSettings, local_host
from functions_emulator.errors import AppError


def read(folder: Path, host: Any) -> Any:
    (folder / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Host": host}))
    return local_host(folder)


def test_without_the_file_or_the_section_the_defaults_are_those_of_func_start(
    tmp_path: Path,
) -> None:
    assert (local_host(tmp_path).port, local_host(tmp_path).address) == (7071, "127.0.0.1")
    found = read(tmp_path, None)
    assert (found.port, found.cors) == (7071, CorsSettings())


def test_port_address_and_cors_are_read(tmp_path: Path) -> None:
    section = {
        "LocalHttpPort": 7075,
        "LocalHttpAddress": "0.0.0.0",
        "CORS": "https://Shop.Example,http://localhost:3000,",
        "CORSCredentials": True,
    }
    found = read(tmp_path, section)
    assert (found.port, found.address) == (7075, "0.0.0.0")
    assert found.cors == CorsSettings(("https://shop.example", "http://localhost:3000"), True)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"LocalHttpPort": 70000}, r"local\.settings\.json: Host\.LocalHttpPort is 70000"),
        ({"LocalHttpPort": "x"}, r"Host\.LocalHttpPort is 'x'"),
        ({"CORS": ["*"]}, r"Host\.CORS is \['\*'\]; it must be a string"),
        ({"CORSCredentials": "maybe"}, r"Host\.CORSCredentials is 'maybe'"),
        ({"CORS": "*", "CORSCredentials": True}, r"Host\.CORS .*any origin.*credentials"),
        ([], r"local\.settings\.json: Host is \[\]; it must be an object"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, section: Any, message: str) -> None:
    with pytest.raises(AppError, match=message):
        read(tmp_path, section)
