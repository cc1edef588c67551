"""What holds for every answer: headers, hosts, sizes, and the CSRF word of forms.

Pure ASGI, so that nothing buffers what goes out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foretaste.serve.uploads import PIECE

__all__ = ["POLICY", "Security", "is_inside"]

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FORM = 1024 * 1024  # bytes of a form or a JSON document
_FIRST_PART = 2048  # bytes in which a form with files says its word
_CSRF_PART = re.compile(rb'name="csrf"\r\n\r\n([A-Za-z0-9_-]{20,100})\r\n')
_PATH = re.compile(r"/(?!/)[A-Za-z0-9_./?=&%,:-]*")


@dataclass(frozen=True)
class Security:
    """Wraps the whole application."""

    app: ASGIApp
    hosts: tuple[str, ...]
    is_secure: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check what comes in, and mark what goes out."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._problem(scope, headers)
        if problem is not None:
            status, told = problem
            answer = JSONResponse({"error": told}, status)
            await answer(scope, receive, self._marked(scope, send))
            return
        receive = await _with_csrf(scope, headers, receive)
        await self.app(scope, receive, self._marked(scope, send))

    def _problem(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        name = headers.get("host", "").rsplit(":", 1)[0].strip("[]").lower()
        if name not in self.hosts:
            return 421, "this server does not answer for that host; see foretaste serve --url"
        if scope["method"] not in {"GET", "HEAD", "OPTIONS"} and _is_foreign(headers):
            return 403, "the request comes from a page of another site"
        told = headers.get("content-length", "0")
        has_file = headers.get("content-type", "").startswith("multipart/form-data")
        most = PIECE if scope["method"] == "PUT" or has_file else _FORM
        if not told.isdecimal() or int(told) > most:
            return 413, f"at most {most:,} bytes in one request"
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return 411, "say how long the body is (Content-Length)"
        return None

    def _marked(self, scope: Scope, send: Send) -> Send:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
                if not scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "no-store"
                if self.is_secure:
                    headers["Strict-Transport-Security"] = "max-age=63072000"
            await send(message)

        return marked


def _is_foreign(headers: Headers) -> bool:
    """Whether a browser says that another site sent this."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and origin.split("://")[-1] != headers.get("host", "")


async def _with_csrf(scope: Scope, headers: Headers, receive: Receive) -> Receive:
    """Read a form's hidden word before the route is looked at, and hand the form on."""
    kind = headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        enough, find = _FORM, _word_of_form
    elif kind.startswith("multipart/form-data"):
        enough, find = _FIRST_PART, _word_of_parts  # our forms name it first
    else:
        return receive
    read: list[Message] = []
    body = b""
    while len(body) < enough:
        message = await receive()
        read.append(message)
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    scope.setdefault("state", {})["csrf"] = find(body)

    async def again() -> Message:
        return read.pop(0) if read else await receive()

    return again


def _word_of_form(body: bytes) -> str:
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=200)
    except ValueError:
        return ""
    return fields.get("csrf", [""])[0]


def _word_of_parts(body: bytes) -> str:
    found = _CSRF_PART.search(body[:_FIRST_PART])
    return found[1].decode() if found else ""


def is_inside(target: str) -> bool:
    r"""Whether an address to go on to is one of ours: a plain path, never another host.

    Examples
    --------
    >>> [is_inside(t) for t in ("/p/a?after=3", "//evil.example", "https://evil", "/\\evil")]
    [True, False, False, False]
    """
    return _PATH.fullmatch(target) is not None
