"""All that a trace needs, kept at training time: an incident months later needs no data."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from foretaste.data import Dataset, open_dataset
from foretaste.errors import UsageError
from foretaste.influence.arrays_file import read_arrays, write_arrays
from foretaste.influence.ridge import ExactRidge, fit_ridge
from foretaste.modality import tools_of
from foretaste.types import Content, Encoder, Ints, Modality, Table

__all__ = ["Fingerprint", "Shape", "as_features", "fingerprint", "shape_of", "take_fingerprint"]

FORMAT = "foretaste/fingerprint/v1"
_ENCODERS = ("table", "text", "text_weights", "image")  # where classes of encoders live


@dataclass(frozen=True)
class Shape:
    """What content must look like to be compared with the rows.

    `names` are the columns of a table, or the one column that holds the text or the image;
    `categories` the levels of columns, `image` (height, width, channels).
    """

    modality: str
    names: tuple[str, ...] = ()
    categories: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    image: tuple[int, ...] = ()
    embedding: str = ""  # the column whose numbers are the content, where there is no other


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """Features and residuals of n rows under an exact head; d + k numbers a row, no content.

    Attributes
    ----------
    head
        Fitted to all rows.
    encoder
        Makes features of content; None where they came from a model of the user's.
    classes
        (k,) names.
    ids
        (n,) str.
    sources, source_names
        (n,) codes into the names; None and () without a source column.
    shape
        What an incident must look like.
    digest
        Of the data set, to know it again.
    name
        Of the data set, for people.
    view
        What the features are, in words.
    """

    head: ExactRidge
    encoder: Encoder | None
    classes: tuple[str, ...]
    ids: npt.NDArray[np.object_]
    sources: Ints | None
    source_names: tuple[str, ...]
    shape: Shape
    digest: str
    name: str
    view: str
    format: str = FORMAT

    def __len__(self) -> int:
        return len(self.head)

    @property
    def modality(self) -> Modality:
        """Of the rows."""
        return Modality(self.shape.modality)

    def save(self, path: str | Path) -> Path:
        """Write one ``.npz`` file with a digest; no pickle, no content of any row.

        Raises
        ------
        OutputError
            It cannot be written; what was there before is untouched.
        """
        target = Path(path)
        if target.suffix != ".npz":
            raise UsageError(f"path must end in .npz, got {target.name!r}")
        write_arrays(target, self)
        return target

    @staticmethod
    def load(path: str | Path) -> Fingerprint:
        """Read a file back.

        Raises
        ------
        UnreadableDataError
            It is no fingerprint, or was altered.
        """
        found: Fingerprint = read_arrays(Path(path), Fingerprint, _classes())
        if found.format != FORMAT:
            raise UsageError(
                f"{path}: is {found.format!r}, this version reads {FORMAT!r}; make it again"
            )
        return found


def fingerprint(
    data: Any,
    *,
    features: Callable[[Content], npt.NDArray[np.floating]] | None = None,
    label: str | None = None,
    source: str | None = None,
    id: str | None = None,  # noqa: A002 - the role's name
    text: str | None = None,
    image: str | None = None,
    embedding: str | None = None,
    columns: list[str] | None = None,
    seed: int = 0,
) -> Fingerprint:
    """Keep at training time what a trace needs later.

    Parameters
    ----------
    data
        The training rows, in the order in which they are trained on.
    features
        What a model of yours makes of content, (n, d); label-free features of ours by default.
    label, source, id, text, image, embedding, columns
        Roles of the columns, as in `foretaste.scan`; `columns` are its `features`.
    seed
        Same seed, same fingerprint.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(80, 3))
    >>> len(fingerprint((x, x[:, 0] > 0)))
    80
    """
    dataset = open_dataset(
        data,
        label=label,
        source=source,
        id=id,
        text=text,
        image=image,
        embedding=embedding,
        features=columns,
    )
    with threadpool_limits(limits=1):  # sums depend on how a library splits them over threads
        made = None if features is None else as_features(features(dataset.content()), len(dataset))
        view = "" if features is None else "features of the model"
        return take_fingerprint(dataset, np.random.default_rng(seed), made, view)


def as_features(made: Any, n: int) -> npt.NDArray[np.float32]:
    """What a function of the user's gave, as (n, d) float32.

    Raises
    ------
    UsageError
        It is of another shape.
    """
    array = np.asarray(made)
    if array.ndim != 2 or len(array) != n:
        raise UsageError(f"features must give ({n}, d) numbers for {n} rows, got {array.shape}")
    return np.ascontiguousarray(array, dtype=np.float32)


def take_fingerprint(
    dataset: Dataset,
    rng: np.random.Generator,
    features: npt.NDArray[np.float32] | None = None,
    view: str = "",
) -> Fingerprint:
    """Fit the head and keep what a trace needs.

    Parameters
    ----------
    dataset
        The training rows, in the order in which they are trained on.
    rng
        For the label-free encoder.
    features
        (n, d) what the user's own model makes of the rows; without it, label-free features.
    view
        What `features` are, in words.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.data import open_dataset
    >>> x = np.random.default_rng(0).normal(size=(80, 3))
    >>> taken = take_fingerprint(open_dataset((x, x[:, 0] > 0)), np.random.default_rng(0))
    >>> len(taken), taken.classes, taken.view
    (80, ('False', 'True'), 'label-free features of table rows')
    """
    labels, classes = dataset.labels()
    content = dataset.content()
    encoder: Encoder | None = None
    if features is None:
        encoder = tools_of(content.modality).fit_encoder(content, rng)
        features = encoder(content)
        rows = {"table": "table rows", "text": "texts", "image": "images"}[content.modality.value]
        view = f"label-free features of {rows}"
    sources, names = dataset.sources() or (None, ())
    return Fingerprint(
        head=fit_ridge(np.ascontiguousarray(features, dtype=np.float32), labels, len(classes)),
        encoder=encoder,
        classes=classes,
        ids=dataset.ids(),
        sources=sources,
        source_names=names,
        shape=_shape(dataset),
        digest=dataset.digest,
        name=dataset.name,
        view=view,
    )


def _shape(dataset: Dataset) -> Shape:
    roles, content = dataset.roles, dataset.content()
    shape = shape_of(content, roles.text or roles.image)
    if isinstance(content, Table) and not roles.features:
        return dataclasses.replace(shape, embedding=roles.embedding or "")
    return shape


def shape_of(content: Content, column: str | None = None) -> Shape:
    """What other content must look like to be compared with this, read from `column`."""
    modality = content.modality.value
    if isinstance(content, Table):
        return Shape(modality, content.names, dict(content.categories))
    names = () if column is None else (column,)
    if content.modality is Modality.IMAGE:
        return Shape(modality, names, image=tuple(int(side) for side in content.values.shape[1:]))
    return Shape(modality, names)


@cache
def _classes() -> dict[str, type]:
    """Everything a fingerprint file may be made of."""
    found: dict[str, type] = {c.__name__: c for c in (Fingerprint, ExactRidge, Shape)}
    for place in _ENCODERS:
        module = importlib.import_module(f"foretaste.modality.{place}")
        for member in vars(module).values():
            if dataclasses.is_dataclass(member) and isinstance(member, type):
                found[member.__name__] = member
    return found
