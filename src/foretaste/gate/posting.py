"""JSON is posted to the address that was named, and to no other.

A redirect is an error: following it would carry a token or a signed notice to a place that nobody
has named, and turn the POST into a GET whose answer means nothing.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import IO
from urllib.parse import urlsplit

from foretaste.errors import UsageError

__all__ = ["NoAnswerError", "check_address", "post_json", "shown_address"]

_MOST = 50_000_000  # bytes of an answer
_AGAIN = frozenset({429, 500, 502, 503, 504})


class NoAnswerError(Exception):
    """Nothing usable came back; `lasting` says that asking again is of no use."""

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Every redirect becomes the error that it is."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow nothing; urllib then raises the answer as an HTTPError."""


_OPENER = urllib.request.build_opener(_NoRedirects)


def check_address(told: str, what: str) -> str:
    """An http(s) address that can be posted to.

    Raises
    ------
    UsageError
        It is none, or holds a user or password, which would end up in records and messages.

    Examples
    --------
    >>> check_address("https://example.org/v1", "model")
    'https://example.org/v1'
    """
    try:
        parts = urlsplit(told)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(ord(c) <= 32 or ord(c) >= 127 for c in told):
        raise UsageError(f"{what}: expected http(s)://host..., got {shown_address(told)!r:.120}")
    if parts.username is not None:
        raise UsageError(
            f"{what}: {shown_address(told)!r:.120} holds a user or password; take it out, "
            "and give a token by the environment"
        )
    return told


def shown_address(told: str) -> str:
    """An address as it may be written down: without user, password and query.

    Examples
    --------
    >>> shown_address("https://u:p@host:8000/predict?key=s3cret")
    'https://host:8000/predict'
    """
    head, mark, rest = told.partition("#")
    head = head.partition("?")[0]
    scheme, slashes, place = head.partition("://")
    host, slash, path = place.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}{mark}{rest}"


def post_json(address: str, body: bytes, headers: Mapping[str, str], seconds: float) -> bytes:
    """What is answered to a POST.

    Raises
    ------
    NoAnswerError
        No connection, no answer in time, an error or redirect as answer, or more than 50 MB.
    """
    told = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(address, body, told)  # noqa: S310 - http(s), checked
    try:
        with _OPENER.open(request, timeout=seconds) as answer:
            content: bytes = answer.read(_MOST + 1)
            missing = answer.length or 0  # bytes that were promised and did not come
    except urllib.error.HTTPError as error:
        with error:
            raise NoAnswerError(_told(error), lasting=error.code not in _AGAIN) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswerError(f"{type(error).__name__}: {error}") from error
    if len(content) > _MOST:
        raise NoAnswerError(f"answered more than {_MOST:,} bytes", lasting=True)
    if missing:
        raise NoAnswerError(f"the answer broke off {missing:,} bytes before its end")
    return content


def _told(error: urllib.error.HTTPError) -> str:
    if 300 <= error.code < 400:
        return f"answered with a redirect ({error.code}), which is not followed; name that address"
    return f"HTTP {error.code} {error.reason}"
