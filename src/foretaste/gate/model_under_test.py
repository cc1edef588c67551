"""A model that is asked for labels, wherever it lives: a file, a server, a command, an object.

Files are read without pickle: skops for scikit-learn, TorchScript for torch, ONNX. A model says
class names, or the numbers of classes in sorted order, or one score a class.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from foretaste.errors import ForetasteError, MissingExtraError, NotAssessableError, UsageError
from foretaste.gate.model_remote import command_model, http_model, openai_model
from foretaste.gate.posting import shown_address
from foretaste.modality.own_encoder import as_input, as_planes
from foretaste.types import Content, Floats, Images, Ints, Modality, Table, Texts

__all__ = ["ModelUnderTest", "RefusedRowsError", "as_names", "object_model", "open_model"]

Ask = Callable[[Content], Any]
_BLOCK = 1024  # rows asked for at once
_FORMS = (
    "a .skops, .onnx or TorchScript (.pt, .ts) file, http(s)://... for plain JSON, "
    "openai:http(s)://.../v1#model for a chat endpoint, cmd:... for a command"
)


class RefusedRowsError(NotAssessableError):
    """A model that is here was asked and raised: it does not take such rows."""


@dataclass(frozen=True)
class ModelUnderTest:
    """A model, its name for people, and what identifies it."""

    name: str
    classes: tuple[str, ...]
    ask: Ask
    digest: str = ""  # hex SHA-256 of its file; "" where it has none

    def answers(self, content: Content) -> list[str]:
        """A label a row.

        Raises
        ------
        NotAssessableError
            It failed, or said something other than one label a row.
        """
        said: list[Any] = []
        for start in range(0, len(content), _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, len(content)))
            try:
                told = self.ask(content.take(rows))
                block = told if isinstance(told, list) else np.asarray(told)
            except ForetasteError:
                raise
            except Exception as error:
                raise RefusedRowsError(
                    f"model {self.name}: failed on rows {rows[0]} to {rows[-1]}: "
                    f"{type(error).__name__}: {str(error)[:300]}"
                ) from error
            if len(block) != len(rows):
                raise NotAssessableError(
                    f"model {self.name}: gave {len(block)} answers for {len(rows)} rows; "
                    "it must give one a row"
                )
            said += list(block)
        return as_names(said, self.classes, self.name)


def as_names(said: Sequence[Any], classes: tuple[str, ...], name: str) -> list[str]:
    """Class names from what a model said: names, numbers of classes, or scores.

    Examples
    --------
    >>> as_names([0, 1, 1], ("ham", "spam"), "m"), as_names([[2.0, 1.0]], ("ham", "spam"), "m")
    (['ham', 'spam', 'spam'], ['ham'])
    >>> as_names(["spam", "who knows"], ("ham", "spam"), "m")
    ['spam', 'who knows']
    """
    if not said:
        return []
    if isinstance(said[0], str):
        return [str(one).strip() for one in said]
    values = _finite(np.asarray(said), name)
    if values.ndim == 2 and values.shape[1] == len(classes) > 1:
        return [classes[int(code)] for code in values.argmax(axis=1)]
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise NotAssessableError(
            f"model {name}: gave shape {values.shape}; it must give a label, the number of a "
            f"class, or {len(classes)} scores a row"
        )
    if values.dtype.kind == "f" and not (values == np.round(values)).all():
        values = _more_likely(values, classes, name)
    whole = values.astype(np.int64) if values.dtype.kind == "f" else values
    told = [str(value) for value in whole.tolist()]
    if set(told) <= set(classes):
        return told
    if not all(isinstance(v, int) and 0 <= v < len(classes) for v in whole.tolist()):
        raise NotAssessableError(
            f"model {name}: said {told[0]!r:.40}, which is neither a class nor the number of one; "
            f"classes are {', '.join(classes[:8])}"
        )
    return [classes[int(value)] for value in whole]


def _finite(values: Floats | Ints, name: str) -> Floats | Ints:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise NotAssessableError(
            f"model {name}: gave a score that is no number (NaN or infinite); such a model says "
            "nothing about the row"
        )
    return values


def _more_likely(scores: Floats | Ints, classes: tuple[str, ...], name: str) -> Ints:
    """Numbers of classes from one probability a row, of the second of two classes."""
    if len(classes) != 2:
        raise NotAssessableError(f"model {name}: gave one score a row for {len(classes)} classes")
    if scores.min() < 0 or scores.max() > 1:
        raise NotAssessableError(
            f"model {name}: gave one score a row that is no probability "
            f"({scores.min():.3g} to {scores.max():.3g}); let it say labels, or one score a class"
        )
    return (scores > 0.5).astype(np.int64)


def open_model(
    told: Any, classes: tuple[str, ...], *, trusted_types: Sequence[str] = ()
) -> ModelUnderTest:
    """A model from what a user has.

    Parameters
    ----------
    told
        A path, an address or a command (see the message of the error), or an object with
        ``predict`` or a torch module.
    classes
        Names of classes, sorted.
    trusted_types
        Types in skops files that are trusted beside its own.

    Raises
    ------
    UsageError
        It is none of these; a pickle is refused.
    """
    if not isinstance(told, str | Path):
        return object_model(told, classes)
    text = str(told)
    if text.startswith("openai:"):
        ask = openai_model(text.removeprefix("openai:"), classes)
        return ModelUnderTest(f"openai:{shown_address(text[7:])}", classes, ask)
    if text.startswith(("http://", "https://")):
        return ModelUnderTest(shown_address(text), classes, http_model(text))
    if text.startswith("cmd:"):
        return ModelUnderTest(text, classes, command_model(text.removeprefix("cmd:")))
    path = Path(text)
    readers = {".skops": _skops, ".onnx": _onnx, ".pt": _torch_script, ".ts": _torch_script}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"model: cannot open {text!r:.200}: expected {_FORMS}; pickles are never opened, "
            "and weights alone (.safetensors) need their network: hand it over in Python"
        )
    if not path.is_file():
        raise UsageError(f"model: there is no file {path}")
    digest = _sha256(path)
    ask = reader(path, trusted_types)
    _refuse_changed(path, digest)  # the digest that is signed is that of the model that is asked
    return ModelUnderTest(path.name, classes, ask, digest)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"model: {path} cannot be read ({error.strerror})") from error


def _refuse_changed(path: Path, digest: str) -> None:
    if _sha256(path) != digest:
        raise UsageError(f"model: {path} changed while it was opened; let its writer finish")


def object_model(model: Any, classes: tuple[str, ...]) -> ModelUnderTest:
    """A model that is in memory: a torch module, or anything with ``predict``."""
    name = type(model).__name__
    if hasattr(model, "state_dict") and hasattr(model, "eval"):
        return ModelUnderTest(name, classes, _asks_torch(model))
    if hasattr(model, "predict"):
        return ModelUnderTest(name, classes, lambda content: _sklearn_answers(model, content))
    raise UsageError(f"model: expected {_FORMS}, or an object with predict, got a {name}")


def _skops(path: Path, trusted: Sequence[str]) -> Ask:
    from foretaste.trace.model_files import load_model  # noqa: PLC0415 - an extra

    model = load_model(path, trusted)
    return lambda content: _sklearn_answers(model, content)


def _sklearn_answers(model: Any, content: Content) -> Any:
    said = model.predict(_sklearn_input(model, content))
    known = getattr(model, "classes_", None)
    return said.tolist() if known is not None and np.asarray(known).dtype.kind in "OU" else said


def _sklearn_input(model: Any, content: Content) -> Any:
    """What was most likely fitted: named columns where the model has names, else an array."""
    if isinstance(content, Texts):
        return as_input(content)
    if isinstance(content, Images):
        return content.values.reshape(len(content), -1)
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return content.values
    if importlib.util.find_spec("pandas") is None:
        raise MissingExtraError("a model that was fitted on named columns", "pandas")
    import pandas as pd  # noqa: PLC0415 - an extra

    return pd.DataFrame(_named(content))[list(names)]


def _named(table: Table) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for at, name in enumerate(table.names):
        levels = table.categories.get(name)
        cells = table.values[:, at]  # noqa: PD011 - no frame
        columns[name] = (
            cells
            if levels is None
            else np.array([None if np.isnan(c) else levels[int(c)] for c in cells], dtype=object)
        )
    return columns


def _onnx(path: Path, _trusted: Sequence[str]) -> Ask:
    if importlib.util.find_spec("onnxruntime") is None:
        raise MissingExtraError("reading a model from an ONNX file", "onnx")
    from foretaste.modality.onnx_encoder import read_onnx  # noqa: PLC0415 - an extra

    digest, opened = _sha256(path), dict[Modality, Ask]()  # opened once, by the first rows

    def ask(content: Content) -> Any:
        if content.modality not in opened:
            opened[content.modality] = read_onnx(path, content.modality)[1]
            _refuse_changed(path, digest)
        return opened[content.modality](content)

    return ask


def _torch_script(path: Path, _trusted: Sequence[str]) -> Ask:
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError("reading a model from a TorchScript file", "torch")
    import torch  # noqa: PLC0415 - an extra

    try:
        load: Any = torch.jit.load  # it has no annotations
        module = load(str(path), map_location="cpu")
    except RuntimeError as error:
        raise UsageError(
            f"model: {path} is no TorchScript file ({str(error).splitlines()[0][:120]}); "
            "write it with torch.jit.script(...).save: a pickled module is never opened"
        ) from error
    return _asks_torch(module)


def _asks_torch(module: Any) -> Ask:
    import torch  # noqa: PLC0415 - an extra

    def ask(content: Content) -> Any:
        given = (
            as_input(content)
            if isinstance(content, Texts)
            else torch.from_numpy(as_planes(content))
        )
        module.eval()
        with torch.no_grad():
            told = module(given)
        return told.cpu().numpy()

    return ask
