"""Set-Cookie headers as the host writes them.

The worker hands over what SimpleCookie read (datumdef.py), an empty domain and path included, and
ASP.NET writes it (SetCookieHeaderValue.cs).
"""

from collections.abc import Iterable
from email.utils import formatdate
from http.cookies import Morsel, SimpleCookie
from urllib.parse import quote

from dateutil import parser

_SAME_SITE = ("strict", "lax", "none")


def set_cookie_headers(cookies: Iterable[SimpleCookie]) -> list[str]:
    """Write the header values; raise ValueError for what the host refuses."""
    return [_header(name, morsel) for cookie in cookies for name, morsel in cookie.items()]


def _header(name: str, morsel: "Morsel[str]") -> str:
    parts = [f"{name}={quote(morsel.value, safe='')}"]
    if morsel["expires"]:
        parts.append(f"expires={_date(name, morsel['expires'])}")
    if morsel["max-age"]:
        parts.append(f"max-age={_seconds(name, morsel['max-age'])}")
    parts += [f"domain={morsel['domain']}", f"path={morsel['path']}"]
    if morsel["secure"]:
        parts.append("secure")
    same_site = str(morsel["samesite"]).lower()
    if same_site in _SAME_SITE:
        parts.append(f"samesite={same_site}")
    if morsel["httponly"]:
        parts.append("httponly")
    return "; ".join(parts)


def _date(name: str, text: str) -> str:
    try:
        moment = parser.parse(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"the cookie {name!r} expires at {text!r}, which is no date") from error
    return formatdate(int(moment), usegmt=True)


def _seconds(name: str, text: str) -> int:
    try:
        seconds = int(float(text))
    except (ValueError, OverflowError):
        seconds = -1
    if seconds < 0:
        raise ValueError(f"the cookie {name!r} has max-age {text!r}; it must be 0 or more")
    return seconds
