"""The page's files over HTTP: what is served, how, and that nothing else is."""

import re
from urllib.parse import urlsplit

import azure.functions as func
import pytest

from clients.page import FOLDER, HEADERS, HOME, TYPES, get_page, page_files
from tools.hosts import ROOT

URL = "http://localhost:7071/api/page"
LARGEST = 150_000


def ask(path: str | None = None, url: str = "", **headers: str) -> func.HttpResponse:
    request = func.HttpRequest(
        method="GET",
        url=url or f"{URL}/{path}" if path else url or URL,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        route_params={} if path is None else {"path": path},
        body=b"",
    )
    function = get_page.build().get_user_function()
    answer: func.HttpResponse = function(request)
    return answer


def test_the_page_is_there_without_a_path() -> None:
    answer = ask()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.get_body() == (FOLDER / HOME).read_bytes()


@pytest.mark.parametrize("path", page_files())
def test_every_file_has_its_type_and_its_headers(path: str) -> None:
    answer = ask(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == TYPES[f".{path.rsplit('.', 1)[1]}"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_what_a_browser_has_already_is_not_sent_again(known: str) -> None:
    etag = ask("main.js").headers["ETag"]
    answer = ask("main.js", If_None_Match=known.format(etag))
    assert answer.status_code == 304
    assert answer.get_body() == b""
    assert answer.headers["ETag"] == etag
    assert ask("main.js", If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "../host.json",
        "..\\host.json",
        "../page/main.js",
        "views/../main.js",
        "./main.js",
        "/etc/passwd",
        "//main.js",
        "main.js/",
        "main.js\0",
        "MAIN.JS",
        "views",
        ".",
        "..",
        "%2e%2e/host.json",
        "x" * 5000,
    ],
)
def test_no_other_path_has_an_answer(path: str) -> None:
    assert ask(path).status_code == 404


def test_no_other_kind_of_file_is_served() -> None:
    assert {path.rsplit(".", 1)[1] for path in page_files()} == {"html", "css", "js", "svg"}
    assert not any(part.startswith(".") for path in page_files() for part in path.split("/"))


@pytest.mark.parametrize("prefix", ["api/", "", "shop/v2/"])
def test_with_a_slash_at_its_end_it_is_found_all_the_same(prefix: str) -> None:
    answer = ask(url=f"http://localhost:7071/{prefix}page/")
    assert answer.status_code == 308
    assert answer.headers["Location"] == "../page"


def test_the_page_is_small_and_takes_nothing_from_elsewhere() -> None:
    assert sum(len(file.body) for file in page_files().values()) < LARGEST
    names = set(page_files())
    html = page_files()[HOME].body.decode()
    for link in re.findall(r'(?:href|src)="([^"#]+)"', html):
        assert not urlsplit(link).netloc
        assert link.removeprefix("page/") in names, f"{HOME} names {link}"
    # The policy forbids both.
    assert " style=" not in html and not re.search(r"\son[a-z]+=", html)
    assert not re.search(r"<script(?![^>]* src=)", html)
    css = page_files()["style.css"].body.decode()
    assert "url(" not in css and "@import" not in css


def test_every_module_that_is_imported_is_there() -> None:
    for name, file in page_files().items():
        if name.endswith(".js"):
            folder = (FOLDER / name).parent
            for module in re.findall(
                r'(?:^import .* from |import\()"([^"]+)"', file.body.decode(), re.MULTILINE
            ):
                assert (folder / module).resolve().is_file(), f"{name} imports {module}"


def test_the_page_is_for_anybody_and_part_of_a_deployment() -> None:
    assert "page" not in (ROOT / ".funcignore").read_text(encoding="utf-8").split()
    assert HEADERS["Cache-Control"] == "no-cache"
    function = get_page.build()
    assert "ANONYMOUS" in str(function.get_trigger().get_dict_repr()["authLevel"]).upper()
