"""The operator page: static files that hold no data, for anybody who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func

from clients.replies import Refused, answer_blocking
from ordering.stock.catalogue import matches

FOLDER = Path(__file__).resolve().parent.parent / "page"
HOME = "index.html"
# A file of another kind that lies in the folder is not served.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    # no-cache: kept by the browser, and asked for again with its ETag, so that all files are of
    # one deployment.
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

bp = df.Blueprint()


@dataclass(frozen=True)
class PageFile:
    """A file of the page, as it is sent."""

    body: bytes
    type: str
    etag: str


# The page asks for the key of the function itself and sends it with each request for data.
@bp.function_name(name="GetPage")
@bp.route(route="page/{*path}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def get_page(req: func.HttpRequest) -> func.HttpResponse:
    """Answer the page, or a file of it; 304 with an ETag that still holds, else 404."""
    return answer_blocking(lambda: _get(req, req.route_params.get("path") or ""))


def _get(req: func.HttpRequest, path: str) -> func.HttpResponse:
    if not path and urlsplit(req.url).path.endswith("/"):
        # The page names its files relative to itself, as `page/...`, and so works under any
        # route prefix, but not one folder further down.
        return func.HttpResponse(status_code=308, headers={**HEADERS, "Location": "../page"})
    found = page_files().get(path or HOME)
    if found is None:
        raise Refused(404, "The page has no such file.")
    headers = {**HEADERS, "ETag": found.etag}
    known: str | None = req.headers.get("If-None-Match")
    if known is not None and matches(known.replace("W/", ""), found.etag):
        return func.HttpResponse(status_code=304, headers=headers)
    return func.HttpResponse(found.body, headers={**headers, "Content-Type": found.type})


@cache
def page_files() -> Mapping[str, PageFile]:
    """Return the files of the page by their path in it: what is not in there has no answer."""
    files = {}
    for path in sorted(FOLDER.rglob("*")):
        kind = TYPES.get(path.suffix)
        if kind and path.is_file() and not path.name.startswith("."):
            body = path.read_bytes()
            etag = f'"{sha256(body).hexdigest()[:32]}"'
            files[path.relative_to(FOLDER).as_posix()] = PageFile(body, kind, etag)
    return files
