"""What is posted goes to the address that was named, with no secret in what is written down."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from foretaste.errors import NotAssessableError, UsageError
from foretaste.gate.model_under_test import RefusedRowsError, open_model
from foretaste.gate.posting import NoAnswerError, check_address, post_json, shown_address
from foretaste.modality.words import texts_of

CLASSES = ("ham", "spam")


class Strange(BaseHTTPRequestHandler):
    """Answers as no server should."""

    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_POST(self) -> None:
        """A redirect, half an answer, or no HTTP at all."""
        Strange.asked.append((self.path, self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/moved"):
            self.send_response(int(self.path.removeprefix("/moved")))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/half":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"predictions":')
            self.close_connection = True
        else:
            self.wfile.write(b"no http\r\n\r\n")
            self.close_connection = True

    do_GET = do_POST  # noqa: N815 - the name is the library's

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def strange() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Strange)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Strange.asked.clear()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_carries_no_token(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORETASTE_MODEL_TOKEN", "ft_secret")
    with strange() as url, pytest.raises(NotAssessableError, match="redirect"):
        open_model(f"{url}/moved{code}", CLASSES).answers(texts_of(["a"]))
    assert Strange.asked == [(f"/moved{code}", "Bearer ft_secret")]


@pytest.mark.parametrize("path", ["/half", "/garbage"])
def test_a_broken_answer_is_no_refusal_of_the_rows(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foretaste.gate.model_remote._WAIT", 0.01)
    with strange() as url, pytest.raises(NotAssessableError) as caught:
        open_model(f"{url}{path}", CLASSES).answers(texts_of(["a"]))
    assert not isinstance(caught.value, RefusedRowsError)
    with strange() as url, pytest.raises(NoAnswerError):
        post_json(f"{url}{path}", b"{}", {}, 5.0)


def test_no_secret_of_an_address_is_written_down() -> None:
    model = open_model("http://127.0.0.1:9/predict?key=s3cret", CLASSES)
    assert model.name == "http://127.0.0.1:9/predict"
    assert shown_address("http://u:p@h/x?k=s#m") == "http://h/x#m"
    with pytest.raises(UsageError, match="user or password") as caught:
        open_model("openai:http://ada:s3cret@127.0.0.1:9/v1#m", CLASSES)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "told", ["ftp://h/x", "http://", "http://a b/", "http://h:99999/", "http://h/\n", "http://[::1"]
)
def test_what_is_no_address(told: str) -> None:
    with pytest.raises(UsageError, match="expected http"):
        check_address(told, "model")
