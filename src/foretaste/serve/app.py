"""The web application: routes, errors, security. Made by a factory; nothing happens at import."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.exceptions import HTTPException

from foretaste.errors import ForetasteError
from foretaste.serve import (
    api_data,
    api_people,
    api_review,
    pages_data,
    pages_people,
    pages_review,
    pages_sign_in,
)
from foretaste.serve.access import PUBLIC, Route, server_of
from foretaste.serve.drawing import draw
from foretaste.serve.problems import status_of
from foretaste.serve.security import Security
from foretaste.serve.server import Server

__all__ = ["make_app"]

_LOG = logging.getLogger("foretaste.serve")
health = Route(tags=["health"])


@health.needs("GET", "/healthz", PUBLIC)
def is_alive() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "alive"}


@health.needs("GET", "/readyz", PUBLIC)
def is_ready(request: Request) -> Response:
    """Whether it can do its work: the database answers, the log can be read."""
    server = server_of(request)
    ready = server.database.is_ready() and (server.home.log / "checkpoint").exists()
    return JSONResponse({"status": "ready" if ready else "not ready"}, 200 if ready else 503)


def make_app(server: Server) -> FastAPI:
    """The application of one server.

    Raises
    ------
    RuntimeError
        A route says nothing about who may use it: it is not served.
    """
    app = FastAPI(
        title="foretaste",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
    )
    app.state.server = server
    routers = (
        pages_review.pages, pages_sign_in.pages, pages_data.pages, pages_people.pages,
        health, api_data.api, api_review.api, api_people.api,  # looked through in this order
    )  # fmt: skip
    for router in routers:
        app.include_router(router)
        silent = [
            str(getattr(route, "path", route))
            for route in router.routes
            if not (isinstance(route, APIRoute) and (route.openapi_extra or {}).get("x-needs"))
        ]
        if silent:
            raise RuntimeError(f"route {silent[0]} says nothing about who may use it")
    app.add_exception_handler(ForetasteError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IntegrityError, _guarded)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(Exception, _unexpected)
    app.add_middleware(Security, hosts=server.settings.hosts, is_secure=server.settings.is_secure)
    return app


def _answer(request: Request, status: int, told: str, headers: Any = None) -> Response:
    if request.url.path.startswith(("/api/", "/healthz", "/readyz")):
        return JSONResponse({"error": told}, status, headers)
    if status == HTTPStatus.UNAUTHORIZED and request.method == "GET":
        then = quote(request.url.path, safe="/")
        return RedirectResponse(f"/signin?then={then}", 303)
    phrase = HTTPStatus(status).phrase
    return draw(request, "problem", status, title=phrase, problem=told)


def _refused(request: Request, error: Exception) -> Response:
    wait = getattr(error, "wait", None)
    headers = None if wait is None else {"Retry-After": str(wait)}
    return _answer(request, status_of(error), str(error)[:2_000], headers)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return _answer(request, 422, f"{place[:200]}: {first['msg']}")


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = {404: "there is no such page", 405: "not with this method"}
    message = told.get(error.status_code, str(error.detail))
    return _answer(request, error.status_code, message, error.headers)


def _guarded(request: Request, error: Exception) -> Response:
    """The database itself refused: two requests met, or a rule holds."""
    _LOG.warning("refused by the database", extra={"reason": str(error)[:300]})
    told = "somebody was quicker, or the database refuses it; look again"
    return _answer(request, 409, told)


def _database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    if getattr(error.orig, "sqlstate", None) in {"22021", "22P05"}:
        return _answer(request, 422, "text: characters that the database does not keep (NUL)")
    _LOG.exception("database", exc_info=error)
    return _answer(request, 503, "the database does not answer; try again")


def _unexpected(request: Request, error: Exception) -> Response:
    _LOG.exception("internal error", exc_info=error)
    return _answer(request, 500, f"internal error, {type(error).__name__}; it is in the log")
