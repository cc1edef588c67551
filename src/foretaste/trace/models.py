"""The user's model, as a function from content to probabilities; and how to train it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import softmax

from foretaste.errors import UsageError
from foretaste.types import Content, Floats, Images, Ints, Table

__all__ = ["Prepare", "Retrain", "as_given", "as_predictor", "name_of", "retrainer"]

Prepare = Callable[[Content], Any]
Predict = Callable[[Content], Floats]
Retrain = Callable[[Ints, int], Any]


def as_given(content: Content) -> Any:
    """Content as most models take it: a frame of named columns, a list of texts, (n, h, w, c).

    Examples
    --------
    >>> as_given(Table(("x",), np.array([[1.0]]))).columns.tolist()
    ['x']
    """
    if isinstance(content, Images):
        return content.values
    if not isinstance(content, Table):
        return content.values.tolist()
    try:
        import pandas as pd  # noqa: PLC0415 - optional
    except ImportError:
        return content.values  # noqa: PD011 - of a table of ours
    cells: dict[str, Any] = {}
    for place, name in enumerate(content.names):
        levels = content.categories.get(name)
        column = content.values[:, place]  # noqa: PD011 - of a table of ours
        cells[name] = column if levels is None else [_level(levels, cell) for cell in column]
    return pd.DataFrame(cells)


def _level(levels: Sequence[str], cell: float) -> str | None:
    if np.isnan(cell):
        return None
    return levels[int(cell)] if int(cell) < len(levels) else "(a level of no training row)"


def as_predictor(model: Any, classes: tuple[str, ...], prepare: Prepare) -> Predict:
    """(n, k) probabilities, in the order of `classes`, from whatever the model is.

    Parameters
    ----------
    model
        Anything with ``predict_proba``, a torch module that gives class scores, or a function
        that gives probabilities.
    classes
        Names of the training labels; ``model.classes_``, where there is one, is matched by name.
    prepare
        Makes the model's input of content.

    Raises
    ------
    UsageError
        The model cannot be called, or gives other classes.
    """
    ask = getattr(model, "predict_proba", None)
    if ask is None and not callable(model):
        raise UsageError(
            f"model must have predict_proba, be a torch module or a function, "
            f"got {type(model).__name__}"
        )
    if ask is None:
        ask = _network(model) if hasattr(model, "state_dict") else model
    places = _places(getattr(model, "classes_", None), classes)

    def predict(content: Content) -> Floats:
        given = np.asarray(ask(prepare(content)), dtype=np.float64)
        if given.ndim != 2 or given.shape[1] != (len(classes) if places is None else len(places)):
            raise UsageError(
                f"model must give {len(classes)} probabilities a row, got shape {given.shape}"
            )
        if places is None:
            return given
        out = np.zeros((len(given), len(classes)))
        out[:, places] = given
        return out

    return predict


def _places(own: Any, classes: tuple[str, ...]) -> Ints | None:
    if own is None:
        return None
    known = {name: place for place, name in enumerate(classes)}
    names = [str(name) for name in own]
    if set(names) <= set(known):
        return np.array([known[name] for name in names], dtype=np.int64)
    if len(names) == len(classes) and names == [str(i) for i in range(len(classes))]:
        return None  # the model was fitted to class codes
    raise UsageError(
        f"model.classes_ are {', '.join(names[:10])}, the labels are {', '.join(classes[:10])}; "
        "trace with the data that the model was trained on"
    )


def _network(module: Any) -> Callable[[Any], Floats]:
    def ask(given: Any) -> Floats:
        import torch  # noqa: PLC0415 - it is there, a module was given

        was_training = module.training
        module.eval()
        with torch.no_grad():
            parts = [module(part).double().numpy() for part in torch.split(given, 500)]
        module.train(was_training)
        return np.asarray(softmax(np.concatenate(parts), axis=1))

    return ask


def retrainer(model: Any, content: Content, names: Sequence[str], prepare: Prepare) -> Retrain:
    """How to fit a scikit-learn estimator anew to some of the rows.

    The clone has the same parameters; its ``random_state``, where it has one, is the seed.
    """
    from sklearn.base import clone  # noqa: PLC0415 - help stays fast

    own = getattr(model, "classes_", None)
    by_name = {} if own is None else {str(label): label for label in own}
    labels = np.array([by_name.get(name, name) for name in names])

    def retrain(rows: Ints, seed: int) -> Any:
        fresh = clone(model)
        states = [key for key in fresh.get_params() if key.split("__")[-1] == "random_state"]
        fresh.set_params(**dict.fromkeys(states, seed))
        return fresh.fit(prepare(content.take(rows)), labels[rows])

    return retrain


def name_of(model: Any) -> str:
    """The model in a few words.

    Examples
    --------
    >>> name_of(as_given)
    'as_given'
    """
    return str(getattr(model, "__name__", type(model).__name__))
