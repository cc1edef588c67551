"""Clients that load a server: people who read, think and read on, and people who write."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Seen:
    """What one kind of client saw."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0  # answers that were none, or not what they should be

    def told(self) -> dict[str, float | int]:
        """Counts and quantiles; times in milliseconds."""
        if not self.seconds:
            return {"answers": 0, "errors": self.errors}
        p50, p95, p99 = np.quantile(self.seconds, [0.5, 0.95, 0.99])
        times = {"p50": p50, "p95": p95, "p99": p99, "max": max(self.seconds)}
        told = {f"{name}_ms": round(1000 * float(value), 1) for name, value in times.items()}
        return {"answers": len(self.seconds), "errors": self.errors, **told}


@dataclass
class Client:
    """One connection that is kept open, and opened again when it breaks."""

    port: int
    token: str = ""
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> int:
        """Send a request; returns the status. OSError where there was no whole answer."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            await reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
        except (OSError, EOFError, IndexError, asyncio.IncompleteReadError) as error:
            writer.close()
            self.streams = None
            raise ConnectionError(str(error)) from error
        return int(answer.split(" ")[1])


@dataclass(frozen=True)
class Pace:
    """How long a client goes on, and how long it thinks between two requests."""

    until: float  # of the monotonic clock
    think: float  # seconds on average: from half to one and a half of it

    @property
    def is_over(self) -> bool:
        """Whether the end has come."""
        return time.monotonic() >= self.until

    async def pause(self) -> None:
        """Think."""
        await asyncio.sleep(self.think * (0.5 + secrets.randbelow(1_000) / 1_000))


async def read(client: Client, path: Callable[[], str], pace: Pace, seen: Seen) -> None:
    """Somebody who reads a page, thinks, and reads the next."""
    await pace.pause()
    while not pace.is_over:
        began = time.monotonic()
        try:
            if await client.ask("GET", path()) == 200:
                seen.seconds.append(time.monotonic() - began)
            else:
                seen.errors += 1
        except OSError:
            seen.errors += 1
        await pace.pause()


async def write(client: Client, path: str, name: str, pace: Pace, seen: Seen) -> set[str]:
    """Somebody who writes an opinion and thinks; returns what was acknowledged."""
    kept: set[str] = set()
    await pace.pause()
    while not pace.is_over:
        reason = f"{name}, opinion {seen.errors + len(kept)}, {secrets.token_hex(4)}"
        body = json.dumps({"says": "unsure", "reason": reason}).encode()
        began = time.monotonic()
        try:
            if await client.ask("POST", path, body) == 201:
                kept.add(reason)
                seen.seconds.append(time.monotonic() - began)
            else:
                seen.errors += 1
        except OSError:
            seen.errors += 1
        await pace.pause()
    return kept
