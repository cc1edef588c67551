"""A data set as the red team meets it, and back: what attacks change, in a form scans can read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.attack.contract import Sample
from foretaste.data import Dataset
from foretaste.data.arrays import tensor_column
from foretaste.data.rows import TableRows
from foretaste.types import Content, Images, Roles, Table, Texts

__all__ = ["dataset_of", "sample_of"]


def sample_of(dataset: Dataset) -> Sample:
    """The rows of `dataset` as attacks take them: content, labels, sources.

    Ids, times and columns that are no content stay behind.

    Examples
    --------
    >>> from foretaste.data import open_dataset
    >>> sample = sample_of(open_dataset({"x": [1, 2], "label": ["a", "b"], "vendor": ["v", "v"]}))
    >>> sample.labels.tolist(), sample.source_names
    ([0, 1], ('v',))
    """
    labels, classes = dataset.labels()
    sources, names = dataset.sources() or (None, ())
    return Sample(dataset.content(), labels, classes, sources, names)


def dataset_of(sample: Sample, name: str) -> Dataset:
    """The sample as a data set in memory, ready to scan.

    Roles and kinds of columns are stated, not guessed: categories stay categories though they
    look like numbers, and sources stay with images.

    Parameters
    ----------
    sample
        n rows; classes of which no row is left are not part of the data set.
    name
        Of the data set, for people.

    Examples
    --------
    >>> from foretaste.data import open_dataset
    >>> dataset = open_dataset({"size": [1.0, None], "code": ["01", "02"], "label": ["a", "b"]})
    >>> back = dataset_of(sample_of(dataset), "copy")
    >>> back.columns, back.content().categories
    (('size', 'code', 'label'), {'code': ('01', '02')})
    """
    columns = _columns(sample.content)
    content = tuple(columns)
    label = _free("label", columns)
    columns[label] = _named(sample.labels, sample.classes)
    source = None
    if sample.sources is not None:
        source = _free("source", columns)
        columns[source] = _named(sample.sources, sample.source_names)
    roles = Roles(
        label=label,
        source=source,
        text=content[0] if isinstance(sample.content, Texts) else None,
        image=content[0] if isinstance(sample.content, Images) else None,
        features=content if isinstance(sample.content, Table) else (),
    )
    return Dataset(name, TableRows(pa.table(columns)), roles, sample.content.modality)


def _columns(content: Content) -> dict[str, Any]:
    if isinstance(content, Texts):
        return {"text": pa.array(content.values.tolist(), type=pa.large_string())}
    if isinstance(content, Images):
        return {"image": tensor_column(content.values)}
    return {
        name: _cells(content.values[:, place], content.categories.get(name))
        for place, name in enumerate(content.names)
    }


def _cells(values: npt.NDArray[np.float64], levels: tuple[str, ...] | None) -> Any:
    missing = np.isnan(values)
    if levels is None:
        return pa.array(values, mask=missing)
    codes = pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)
    return pa.DictionaryArray.from_arrays(codes, pa.array(levels, type=pa.string()))


def _named(codes: npt.NDArray[np.int64], names: tuple[str, ...]) -> Any:
    return pa.array([names[code] for code in codes.tolist()], type=pa.string())


def _free(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, with lines under it while a column of content has the name."""
    names = set(taken)
    while wanted in names:
        wanted += "_"
    return wanted
