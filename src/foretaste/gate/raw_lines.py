r"""CSV and JSON Lines cut into records without a change to any byte of them.

Rows that stay keep their spelling (``1.10`` stays ``1.10``), their quotes and their line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["RawLines", "split_delimited", "split_json_lines"]

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class RawLines:
    """The bytes of a file: what comes before the first row, then the rows."""

    head: bytes
    records: tuple[bytes, ...]  # one a row, with its line end

    def of(self, rows: Iterator[int]) -> bytes:
        """The file with only these rows."""
        return self.head + b"".join(self.records[row] for row in rows)


def split_delimited(content: bytes, delimiter: str) -> RawLines:
    r"""Header and records of a CSV file: a quote opens at the start of a cell, ``\"\"`` is one.

    Empty lines are no rows; they stay with the record before them.

    Examples
    --------
    >>> split_delimited(b'a,b\n1,"x\ny"\n\n2,5" pipe\n', ",").records
    (b'1,"x\ny"\n\n', b'2,5" pipe\n')
    """
    other = re.escape(delimiter.encode())
    plain = rb"[^" + other + rb"\r\n]*"
    cell = rb'(?:"(?:[^"]|"")*"' + plain + rb"|" + plain + rb")"
    record = re.compile(cell + rb"(?:" + other + cell + rb")*(?:\r\n|\r|\n|\Z)")
    return _parted(content, record, frozenset({b"\n", b"\r\n", b"\r"}), header=True)


def split_json_lines(content: bytes) -> RawLines:
    r"""Records of a JSON Lines file.

    Examples
    --------
    >>> split_json_lines(b'{"a": 1}\n\n{"a": 2}').records
    (b'{"a": 1}\n\n', b'{"a": 2}')
    """
    return _parted(content, re.compile(rb"[^\n]*(?:\n|\Z)"), None, header=False)


def _parted(
    content: bytes, record: re.Pattern[bytes], empty: frozenset[bytes] | None, *, header: bool
) -> RawLines:
    """Head and records; `empty` lists what empty lines look like, None: any white space."""
    head = _BOM if content.startswith(_BOM) else b""
    records: list[bytes] = []
    for line in _matches(record, content, len(head)):
        blank = not line.strip() if empty is None else line in empty
        if blank and records:
            records[-1] += line
        elif blank or header:
            head, header = head + line, header and blank
        else:
            records.append(line)
    return RawLines(head, tuple(records))


def _matches(pattern: re.Pattern[bytes], content: bytes, start: int) -> Iterator[bytes]:
    while start < len(content):
        found = pattern.match(content, start)
        if found is None or found.end() == start:  # a quote that is never closed
            yield content[start:]
            return
        yield found[0]
        start = found.end()
