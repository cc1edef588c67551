"""Rows from a Redis stream (XREAD): each entry holds one JSON object in its field ``row``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from foretaste.errors import MissingExtraError, UnreadableDataError
from foretaste.stream.intake import Messages

__all__ = ["RedisStream"]


@dataclass(frozen=True)
class RedisStream:
    """Entries of one stream, in order of their ids; no consumer group is needed.

    Parameters
    ----------
    url
        Such as ``redis://localhost:6379``.
    stream
        Key of the stream.
    block
        Entries that come at once.
    """

    url: str
    stream: str
    block: int = 500

    @property
    def name(self) -> str:
        """The key of the stream."""
        return f"redis:{self.stream}"

    def read(self, offset: str | None) -> Iterator[Messages]:
        """Entries behind an id."""
        try:
            import redis  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError("reading Redis streams", "redis") from error
        last = offset or "0-0"
        try:
            with redis.Redis.from_url(self.url) as client:
                while found := client.xread({self.stream: last}, count=self.block):
                    entries = found[0][1] if isinstance(found, list) else found[self.stream][0]
                    last = entries[-1][0].decode()
                    messages = [(key.decode(), fields.get(b"row", b"")) for key, fields in entries]
                    yield Messages(messages, last)
        except redis.RedisError as error:
            raise UnreadableDataError(
                f"{self.name}: the server cannot be read: {error}; nothing is lost, start again"
            ) from error
