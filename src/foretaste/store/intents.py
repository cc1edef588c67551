"""What was begun and may not have been finished: written down first, struck out last."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from foretaste.errors import OutputError, UnreadableDataError
from foretaste.store.place import Place

__all__ = ["Intent", "Intents"]

_BELOW = "intents"


@dataclass(frozen=True)
class Intent:
    """An act on an entry of the quarantine."""

    file: str
    act: str  # "admit" or "purge"
    entry: str
    objects: tuple[str, ...]  # digests that the act writes or removes
    record: bytes  # what the act writes in the end
    begun: float  # seconds since 1970


@dataclass(frozen=True)
class Intents:
    """The acts under way in a place.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import UTC
    >>> from foretaste.store import open_place
    >>> intents = Intents(open_place(tempfile.mkdtemp()), lambda: datetime.now(UTC))
    >>> begun = intents.begin("purge", "ab12", ("cd" * 32,), b"")
    >>> [intent.act for intent in intents.dead()]
    ['purge']
    >>> intents.end(begun)
    >>> intents.dead()
    []
    """

    place: Place
    clock: Callable[[], datetime]

    def begin(self, act: str, entry: str, objects: Sequence[str], record: bytes) -> Intent:
        """Write an act down; from now on it will be finished or undone, by whomever."""
        begun = self.clock().timestamp()
        intent = Intent(
            f"{_BELOW}/{entry}-{secrets.token_hex(6)}.json",
            act,
            entry,
            tuple(objects),
            record,
            begun,
        )
        document = {
            "act": act,
            "entry": entry,
            "objects": list(objects),
            "record": base64.b64encode(record).decode("ascii"),
            "begun": begun,
        }
        if not self.place.create(intent.file, json.dumps(document).encode()):
            raise OutputError(f"store {self.place.described}: {intent.file} is taken; run it again")
        return intent

    def end(self, intent: Intent) -> None:
        """Strike an act out."""
        self.place.remove(intent.file)

    def dead(self) -> list[Intent]:
        """Acts whose process cannot be at it any more, oldest first.

        That is every act where writers keep each other out; elsewhere those that are older than
        the grace of the place.
        """
        limit = self.clock().timestamp() - self.place.grace
        found = [intent for name in self.place.names(_BELOW) if (intent := self._parsed(name))]
        gone = [intent for intent in found if not self.place.grace or intent.begun < limit]
        return sorted(gone, key=lambda intent: (intent.begun, intent.file))

    def _parsed(self, name: str) -> Intent | None:
        content = self.place.read(name)
        if content is None:  # struck out between listing and reading
            return None
        try:
            document = json.loads(content)
            return Intent(
                name,
                str(document["act"]),
                str(document["entry"]),
                tuple(map(str, document["objects"])),
                base64.b64decode(document["record"], validate=True),
                float(document["begun"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableDataError(
                f"store {self.place.described}: {name} is no intent "
                f"({type(error).__name__}); move it away and look at the quarantine"
            ) from error
