"""What a user's own model makes of the rows: the layer before its last, or its leaves.

The head that is traced then reads what the model reads, poison included, and its agreement with
the model is usually closer than that of label-free features.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError
from foretaste.types import Content

__all__ = ["Features", "features_of", "leaf_features", "network_features", "pipeline_features"]

Features = Callable[[Content], npt.NDArray[np.float32]]
Prepare = Callable[[Content], Any]

BATCH = 500
LEAF_DIMENSIONS = 512  # of the random projection of leaves; co-occurrence is kept within 1 / √512
MOST_COLUMNS = 4096  # of a pipeline before its last step


def features_of(model: Any, prepare: Prepare) -> Features:
    """The features of `model`, whatever it is.

    Parameters
    ----------
    model
        A torch module with a linear layer, a scikit-learn pipeline that ends in a linear model, or
        an ensemble of trees with ``apply``.
    prepare
        Makes the model's input of content.

    Raises
    ------
    UsageError
        Of another kind: give a function, or leave features out.
    """
    if hasattr(model, "named_modules"):
        return network_features(model, prepare)
    steps = getattr(model, "steps", None)
    last = steps[-1][1] if steps else model
    if hasattr(last, "apply") and hasattr(last, "estimators_"):
        if not steps:
            return leaf_features(last, prepare)
        before = model[:-1]
        return leaf_features(last, lambda content: before.transform(prepare(content)))
    if steps and hasattr(last, "coef_"):
        return pipeline_features(model, prepare)
    raise UsageError(
        f"features: nothing is known of the inside of {type(model).__name__}; give a function from "
        "content to (n, d) numbers, or leave it out: label-free features are used then"
    )


def network_features(network: Any, prepare: Prepare) -> Features:
    """What enters the last linear layer of a torch module.

    Parameters
    ----------
    network
        The module.
    prepare
        Makes a tensor of content, rows first.
    """
    from torch import nn  # noqa: PLC0415 - it is there, a module was given

    layers = [layer for _, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    if not layers:
        raise UsageError("features: the network has no linear layer; give a function instead")

    def features(content: Content) -> npt.NDArray[np.float32]:
        import torch  # noqa: PLC0415 - as above

        seen: list[npt.NDArray[np.float32]] = []

        def keep(_layer: Any, given: Any) -> None:
            seen.append(given[0].detach().float().flatten(1).numpy())

        hook, was_training = layers[-1].register_forward_pre_hook(keep), network.training
        network.eval()
        try:
            with torch.no_grad():
                for part in torch.split(prepare(content), BATCH):
                    network(part)
        finally:
            hook.remove()
            network.train(was_training)
        return np.concatenate(seen)

    return features


def pipeline_features(pipeline: Any, prepare: Prepare) -> Features:
    """What enters the linear model at the end of a scikit-learn pipeline."""
    before = pipeline[:-1]

    def features(content: Content) -> npt.NDArray[np.float32]:
        made = before.transform(prepare(content))
        if made.shape[1] > MOST_COLUMNS:
            raise UsageError(
                f"features: the pipeline makes {made.shape[1]} columns, at most {MOST_COLUMNS} can "
                "be traced; leave features out: label-free features are used then"
            )
        dense = made.toarray() if hasattr(made, "toarray") else made
        return np.ascontiguousarray(dense, dtype=np.float32)

    return features


def leaf_features(trees: Any, prepare: Prepare) -> Features:
    """Leaves as signs: two rows are as alike as the share of trees in which they share a leaf.

    Every leaf of every tree has a fixed random sign in each of 512 dimensions, a function of its
    number alone; a row is the sum over its leaves (Achlioptas 2003, "Database-friendly random
    projections").
    """

    def features(content: Content) -> npt.NDArray[np.float32]:
        leaves = np.asarray(trees.apply(prepare(content)))
        leaves = leaves.reshape(len(leaves), -1).astype(np.int64)
        total = np.zeros((len(leaves), LEAF_DIMENSIONS), dtype=np.float32)
        for tree in range(leaves.shape[1]):
            found, which = np.unique(leaves[:, tree], return_inverse=True)
            total += np.stack([_signs(tree, int(leaf)) for leaf in found])[which]
        return total / np.float32(np.sqrt(leaves.shape[1] * LEAF_DIMENSIONS))

    return features


def _signs(tree: int, leaf: int) -> npt.NDArray[np.float32]:
    drawn = np.random.default_rng([tree, leaf]).integers(0, 2, LEAF_DIMENSIONS)
    return (2 * drawn - 1).astype(np.float32)
