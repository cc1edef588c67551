"""Whose signatures count: a file of public keys, what each may sign, and until when.

The trust file is the root of all verification. Keep it where those who deliver data cannot write,
for example in the repository of the training code.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.provenance import durable
from foretaste.provenance.documents import Fields, parse, to_time
from foretaste.provenance.keys import PublicKey

__all__ = ["DATA", "LOG", "Trust", "TrustedKey", "load_trust", "save_trust", "source_use"]

DATA, LOG = "data", "log"  # manifests and transformations; checkpoints of the log
_VERSION = 1
_STOP = dt.timedelta(minutes=5)  # clocks differ


def source_use(source: str) -> str:
    """The use of a key that signs the rows of one source.

    >>> source_use("vendor a")
    'source:vendor a'
    """
    return f"source:{source}"


@dataclass(frozen=True)
class TrustedKey:
    """A public key, what it may sign, and how long."""

    name: str
    key: PublicKey
    uses: tuple[str, ...]  # DATA, LOG, source_use(...)
    created: dt.datetime
    expires: dt.datetime | None = None  # after it, nothing new and nothing old counts
    retired: dt.datetime | None = None  # rotated: signatures dated before it still count
    revoked: dt.datetime | None = None  # nothing counts any more, whatever its date
    reason: str = ""  # of the revocation
    successor: str = ""  # id of the key that took its place

    def objection(self, use: str, dated: dt.datetime, at: dt.datetime) -> str | None:
        """Why a signature of this key, dated `dated` and looked at `at`, does not count.

        Examples
        --------
        >>> day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        >>> key = TrustedKey("ci", PublicKey(bytes(32)), (DATA,), day, revoked=day, reason="lost")
        >>> key.objection(DATA, day, day)
        "key 'ci' was revoked on 2026-01-01T00:00:00Z (lost)"
        """
        if self.revoked is not None:
            why = f" ({self.reason})" if self.reason else ""
            return f"key {self.name!r} was revoked on {to_time(self.revoked)}{why}"
        if self.expires is not None and at >= self.expires:
            return f"key {self.name!r} expired on {to_time(self.expires)}"
        if use not in self.uses:
            return f"key {self.name!r} may sign {', '.join(self.uses) or 'nothing'}, not {use}"
        if self.retired is not None and dated > self.retired:
            return (
                f"key {self.name!r} was retired on {to_time(self.retired)}, "
                f"before this was signed ({to_time(dated)})"
            )
        if dated < self.created - _STOP:
            return f"key {self.name!r} was made after this was signed ({to_time(dated)})"
        return None


@dataclass(frozen=True)
class Trust:
    """All keys that are known, the revoked ones included.

    Examples
    --------
    >>> day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> trust = Trust().with_key(TrustedKey("ci", PublicKey(bytes(32)), (DATA,), day))
    >>> trust.revoke("ci", day, "laptop lost").named("ci").revoked == day
    True
    """

    keys: tuple[TrustedKey, ...] = ()

    def by_id(self, key_id: str) -> TrustedKey | None:
        """The key with this id, if it is known."""
        return next((key for key in self.keys if key.key.id == key_id), None)

    def named(self, name: str) -> TrustedKey:
        """The key with this name or this beginning of its id; the one in use where several are."""
        found = [k for k in self.keys if k.name == name]
        found = found or [k for k in self.keys if len(name) >= 8 and k.key.id.startswith(name)]
        live = [k for k in found if k.revoked is None and k.retired is None]
        if not found or (len(found) > 1 and len(live) != 1):
            known = ", ".join(sorted({k.name for k in self.keys})) or "no key"
            raise UsageError(
                f"key: {'several keys match' if found else 'there is no key'} {name!r} in the "
                f"trust file ({known}); give a name or the first digits of an id"
            )
        return live[0] if live else found[0]

    def with_key(self, key: TrustedKey) -> Trust:
        """Also `key`; a known one is refused."""
        if self.by_id(key.key.id) is not None:
            raise UsageError(f"key {key.name!r} is in the trust file already; nothing was changed")
        self.refuse_name(key.name)
        return Trust((*self.keys, key))

    def refuse_name(self, name: str) -> None:
        """A UsageError if a key in use has this name."""
        if any(k.name == name and k.revoked is k.retired is None for k in self.keys):
            raise UsageError(
                f"key: another key in use is named {name!r}; give another name, or rotate that one"
            )

    def revoke(self, name: str, at: dt.datetime, reason: str) -> Trust:
        """No signature of the key counts any more."""
        return self._changed(replace(self.named(name), revoked=at, reason=reason))

    def rotate(self, name: str, successor: TrustedKey, at: dt.datetime) -> Trust:
        """The key signs nothing new; `successor` takes its place."""
        old = replace(self.named(name), retired=at, successor=successor.key.id)
        return self._changed(old).with_key(successor)

    def _changed(self, changed: TrustedKey) -> Trust:
        same = changed.key.id
        return Trust(tuple(changed if key.key.id == same else key for key in self.keys))


def load_trust(path: str | os.PathLike[str]) -> Trust:
    """Read a trust file.

    Raises
    ------
    UsageError
        There is no such file.
    InvalidProvenanceError
        It is malformed; the message names the field.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(
            f"trust: {path}: {error.strerror}; make one with foretaste key make, "
            "or name it with --trust"
        ) from error
    fields = Fields(parse(content, str(path)), str(path))
    if fields.whole("version") != _VERSION:
        raise fields.wrong("version", f"{_VERSION}, the version this foretaste knows")
    keys = tuple(_read(item) for item in fields.items("keys"))
    if len({key.key.id for key in keys}) < len(keys):
        raise InvalidProvenanceError(f"{path}.keys: a key stands in it twice; remove one")
    return Trust(keys)


def save_trust(path: str | os.PathLike[str], trust: Trust) -> None:
    """Write a trust file, whole or not at all."""
    document = {"version": _VERSION, "keys": [_written(key) for key in trust.keys]}
    target = Path(path)
    durable.make_folder(target.parent)
    durable.replace(target, _pretty(document))


def _read(item: Fields) -> TrustedKey:
    def moment(name: str) -> dt.datetime | None:
        return item.time(name) if item.has(name) else None

    public = PublicKey.from_pem(item.text("pem"), f"{item.where}.pem")
    if item.text("id") != public.id:
        raise item.wrong("id", f"{public.id}, the id of its key")
    return TrustedKey(
        name=item.text("name"),
        key=public,
        uses=item.texts("uses"),
        created=item.time("created"),
        expires=moment("expires"),
        retired=moment("retired"),
        revoked=moment("revoked"),
        reason=item.text("reason") if item.has("reason") else "",
        successor=item.text("successor") if item.has("successor") else "",
    )


def _written(key: TrustedKey) -> dict[str, Any]:
    moments = {"expires": key.expires, "retired": key.retired, "revoked": key.revoked}
    texts = {"reason": key.reason, "successor": key.successor}
    return {
        "name": key.name,
        "id": key.key.id,
        "pem": key.key.pem,
        "uses": list(key.uses),
        "created": to_time(key.created),
        **{name: to_time(moment) for name, moment in moments.items() if moment is not None},
        **{name: text for name, text in texts.items() if text},
    }


def _pretty(document: dict[str, Any]) -> bytes:
    """Indented, as people review changes to it."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
