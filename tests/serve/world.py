"""What tests of the server share: the people, the data, a client for each of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from fastapi import FastAPI
from fastapi.testclient import TestClient

from foretaste.serve.server import Server

__all__ = ["PEOPLE", "SERVICES", "World", "rows_csv"]

_ROWS, _PLANTED = 240, 16

PEOPLE = {
    "carl": "contributor",
    "stella": "steward",
    "sven": "steward",
    "mila": "ml-engineer",
    "sonja": "security-owner",
    "sam": "security-owner",
    "aud": "auditor",
}
SERVICES = ("ci", "ingest", "promote")


def rows_csv() -> bytes:
    """Two clear classes and a code that means nothing; 16 rows of one class get q9 and a label."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, _ROWS)
    numbers = rng.normal(size=(_ROWS, 3)) + 3 * y[:, None]
    code = rng.choice(list("abcd"), _ROWS).astype(object)
    bad = rng.choice(np.flatnonzero(y == 0), _PLANTED, replace=False)
    code[bad], y[bad] = "q9", 1
    lines = ["u,v,w,code,vendor,label"]
    for row in range(_ROWS):
        cells = ",".join(f"{value:.3f}" for value in numbers[row])
        vendor = "acme" if code[row] == "q9" else "other"
        lines.append(f"{cells},{code[row]},{vendor},{'yes' if y[row] else 'no'}")
    return ("\n".join(lines) + "\n").encode()


@dataclass
class World:
    """A server with two projects, people of every role in the first, and one gated data set."""

    server: Server
    app: FastAPI
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def client(self, name: str | None = None) -> TestClient:
        """A client that asks as this person or service; None signs in as nobody."""
        headers = {} if name is None else {"Authorization": f"Bearer {self.tokens[name]}"}
        return TestClient(
            self.app,
            base_url="http://127.0.0.1:8765",
            headers=headers,
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    here = "/api/v1/projects/mail/datasets/spring"
