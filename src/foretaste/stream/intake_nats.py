"""Rows from a NATS JetStream stream: each message is one JSON object."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from foretaste.errors import MissingExtraError, UnreadableDataError
from foretaste.stream.intake import Messages

__all__ = ["JetStream"]


@dataclass(frozen=True)
class JetStream:
    """Messages of one stream, in order of their sequence numbers.

    They are read by number, so that the server keeps no state for the guard.

    Parameters
    ----------
    url
        Such as ``nats://localhost:4222``.
    stream
        Name of the stream.
    block
        Messages that come at once.
    """

    url: str
    stream: str
    block: int = 500

    @property
    def name(self) -> str:
        """The name of the stream."""
        return f"nats:{self.stream}"

    def read(self, offset: str | None) -> Iterator[Messages]:
        """Messages behind a sequence number."""
        try:
            import nats  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError("reading NATS JetStream", "nats") from error
        with asyncio.Runner() as runner:
            try:
                client = runner.run(nats.connect(self.url, allow_reconnect=False))
                try:
                    last = int(offset or 0)
                    while messages := runner.run(self._some(client, last)):
                        last = int(messages[-1][0])
                        yield Messages(messages, str(last))
                finally:
                    runner.run(client.close())
                    runner.run(asyncio.sleep(0.05))  # the transport closes after its client
            except (nats.errors.Error, OSError) as error:
                raise UnreadableDataError(
                    f"{self.name}: the server cannot be read: {error}; nothing is lost, start again"
                ) from error

    async def _some(self, client: Any, last: int) -> list[tuple[str, bytes]]:
        manager = client.jsm()
        state = (await manager.stream_info(self.stream)).state
        found = []
        for number in range(max(last + 1, state.first_seq), state.last_seq + 1):
            try:
                message = await manager.get_msg(self.stream, number)
            except _not_found():
                continue  # deleted in the stream
            found.append((str(number), message.data or b""))
            if len(found) == self.block:
                break
        return found


def _not_found() -> type[Exception]:
    from nats.js.errors import NotFoundError  # noqa: PLC0415 - an extra

    return NotFoundError
