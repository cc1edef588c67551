"""Which column plays which part: taken from the user, otherwise read off names and types."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from foretaste.data.kinds import (
    is_embedding,
    is_free_form,
    is_image,
    is_text,
    is_unique,
)
from foretaste.data.moments import is_moment
from foretaste.data.pairs import PairColumns
from foretaste.data.rows import Rows
from foretaste.errors import RoleError
from foretaste.types import Modality, Roles

__all__ = ["Stated", "infer_roles", "is_labelled", "modality_of"]

# Names by role, the better first; compared in lower case, other signs than letters as one "_".
_NAMES: Mapping[str, tuple[str, ...]] = {
    "label": ("label", "labels", "y", "target", "class", "class_label", "category"),
    "source": (
        *("source", "source_id", "source_name", "vendor", "vendor_id", "annotator"),
        *("annotator_id", "contributor", "contributor_id", "worker", "worker_id", "provider"),
        *("supplier", "uploader", "user", "user_id", "username", "author", "author_id"),
        *("domain", "crawl_domain", "publisher"),
    ),
    "id": (
        *("id", "row_id", "uid", "uuid", "guid", "example_id", "sample_id", "record_id"),
        *("key", "index", "idx", "row", "path", "file", "filename", "file_name", "unnamed_0", ""),
    ),
    "time": (
        *("timestamp", "time", "datetime", "date", "created_at", "created", "ts", "event_time"),
        *("updated_at", "ingested_at", "submitted_at", "collected_at"),
    ),
    "text": (
        *("text", "sentence", "content", "body", "message", "document", "comment", "review"),
        *("prompt", "tweet", "utterance", "question", "query", "title"),
    ),
    "image": ("image", "img", "picture", "photo", "pixels"),
    "embedding": ("embedding", "embeddings", "emb", "vector", "features"),
}


@dataclass(frozen=True)
class Stated:
    """What the user said of the roles: None is "find out", an empty string "there is none"."""

    label: str | None = None
    source: str | None = None
    id: str | None = None
    time: str | None = None
    text: str | None = None
    image: str | None = None
    embedding: str | None = None
    features: Sequence[str] | None = None


def infer_roles(
    rows: Rows, sample: pa.Table, stated: Stated, pairs: PairColumns | None = None
) -> Roles:
    """Give every role its column.

    Parameters
    ----------
    rows
        All rows; only columns that may be ids are read.
    sample
        The first rows, of which types and the look of texts are judged.
    stated
        What the user said; it wins over everything inferred.
    pairs
        Columns of prompts and answers, where these are what the rows are.

    Raises
    ------
    RoleError
        A stated column is missing, is named twice or cannot play its role; or there is no label.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from foretaste.data.rows import TableRows
    >>> table = pa.table({"height": [1.8, 1.6], "vendor": ["a", "b"], "label": ["x", "y"]})
    >>> roles = infer_roles(TableRows(table), table, Stated())
    >>> roles.label, roles.source, roles.features
    ('label', 'vendor', ('height',))
    """
    found = _check_stated(sample, stated)
    if pairs is not None:
        found |= {"label": pairs.answer, "text": pairs.prompt}
    free = [name for name in sample.schema.names if name not in found.values()]
    free = [name for name in free if name not in (stated.features or ())]
    for role in _NAMES if pairs is None else ("source", "id", "time"):
        if getattr(stated, role) is not None or role in found or not free:
            continue
        name = _find(role, free, rows, sample, stated, found)
        if name is not None:
            found[role] = name
            free.remove(name)
    if "label" not in found:
        raise RoleError(
            f"no label column was found among {_listed(sample.schema.names)}; "
            "name it: label=... (--label)"
        )
    features = tuple(free if stated.features is None else stated.features)
    return Roles(features=features, **found)


def is_labelled(schema: pa.Schema) -> bool:
    """Whether a column has the name of a label."""
    return bool(_by_name("label", schema.names))


def modality_of(roles: Roles) -> Modality:
    """What the rows are, by the most telling role that is filled."""
    if roles.image is not None:
        return Modality.IMAGE
    return Modality.TABLE if roles.text is None else Modality.TEXT


def _find(
    role: str,
    free: Sequence[str],
    rows: Rows,
    sample: pa.Table,
    stated: Stated,
    found: Mapping[str, str],
) -> str | None:
    """The best free column for a role, if any."""
    if role == "text" and (stated.features or found.get("image") or stated.image):
        return None  # features or images were stated to be what counts
    if role == "image" and (stated.features or found.get("text")):
        return None
    for name in _by_name(role, free):
        if _plausible(role, name, rows, sample):
            return name
    if role == "text" and not any(is_image(sample.column(n)) for n in free):
        return _longest_text(free, sample)
    fits = {"image": is_image, "embedding": is_embedding}.get(role)
    return next((n for n in free if fits(sample.column(n))), None) if fits else None


def _by_name(role: str, free: Iterable[str]) -> list[str]:
    """The free columns with a telling name, the most telling first."""
    names = list(free)
    plain = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in names]
    return [names[plain.index(wanted)] for wanted in _NAMES[role] if wanted in plain]


def _plausible(role: str, name: str, rows: Rows, sample: pa.Table) -> bool:
    """Whether the values of a column with a telling name can be what the name says."""
    column = sample.column(name)
    text, whole = is_text(column.type), pa.types.is_integer(column.type)
    fits: Mapping[str, Callable[[], bool]] = {
        "label": lambda: not pa.types.is_nested(column.type),
        "source": lambda: text or whole,
        "id": lambda: (text or whole) and (name.lower() == "id" or is_unique(rows, name)),
        "time": lambda: is_moment(column),
        "text": lambda: text and is_free_form(column, words=2),
        "image": lambda: is_image(column),
        "embedding": lambda: is_embedding(column),
    }
    return fits[role]()


def _longest_text(free: Sequence[str], sample: pa.Table) -> str | None:
    """The free-form string column with the longest values."""
    lengths = {
        name: sum(map(len, filter(None, sample.column(name).to_pylist())))
        for name in free
        if is_text(sample.schema.field(name).type) and is_free_form(sample.column(name), words=6)
    }
    return max(lengths, key=lambda name: lengths[name], default=None)


def _check_stated(sample: pa.Table, stated: Stated) -> dict[str, str]:
    """The stated roles, after checking that each column exists, once, and can play its part."""
    columns = sample.schema.names
    found = {role: name for role in _NAMES if (name := getattr(stated, role))}
    for role, name in found.items():
        _check_exists(role, name, columns)
        _check_plays(role, name, sample.column(name))
    for name in stated.features or ():
        _check_exists("features", name, columns)
    parts = [*found.items(), *(("features", name) for name in stated.features or ())]
    for at, (role, name) in enumerate(parts):
        for other, same in parts[:at]:
            if name == same:
                raise RoleError(
                    f"column {name!r} is named for {other} and for {role}; "
                    "a column plays one part, leave one of them out"
                )
    return found


def _check_exists(role: str, name: str, columns: Sequence[str]) -> None:
    if name in columns:
        return
    lower = {column.lower(): column for column in columns}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    hint = f"; did you mean {lower[near[0]]!r}?" if near else "; name one of these"
    raise RoleError(f"{role}: there is no column {name!r} among {_listed(columns)}{hint}")


def _check_plays(role: str, name: str, column: pa.ChunkedArray) -> None:
    """Refuse a stated column whose type cannot play the role."""
    kind = column.type
    nested = pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    rules = {
        "text": (is_text(kind), "strings"),
        "image": (is_image(column, stated=True), "encoded image bytes or a pixel tensor"),
        "embedding": (is_embedding(column), "lists of numbers of one length"),
        "time": (is_moment(column, stated=True), "timestamps, dates or seconds since 1970"),
    }
    fits, wanted = rules.get(role, (not nested, "one number or string a row"))
    if not fits:
        raise RoleError(
            f"{role}: column {name!r} holds {kind}, but {role} needs {wanted}; "
            "name another column or convert this one"
        )


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:30])
    return f"{shown}, ... ({len(columns)} columns)" if len(columns) > 30 else shown
