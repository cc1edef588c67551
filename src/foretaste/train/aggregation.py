"""Combining the updates of many clients when some of them lie.

Every aggregator takes (n, d) updates, one row a client, and returns the (d,) update of the model,
in float64. Updates that are not finite are left out: whoever sends them is broken or worse. Each
says how many liars it is built for; none stands against a majority, and the robust ones ask
for clients whose data are alike.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError

__all__ = [
    "clipped_mean",
    "coordinate_median",
    "fltrust",
    "krum",
    "multi_krum",
    "trimmed_mean",
]

Floats = npt.NDArray[np.float64]


def coordinate_median(updates: npt.ArrayLike) -> Floats:
    """The median of each coordinate; for fewer liars than half of the clients.

    Yin et al. 2018, "Byzantine-robust distributed learning: towards optimal statistical rates".

    Examples
    --------
    >>> coordinate_median([[1.0, 2.0], [1.2, 2.2], [99.0, -99.0]]).tolist()
    [1.2, 2.0]
    """
    return np.asarray(np.median(_finite(updates), axis=0))


def trimmed_mean(updates: npt.ArrayLike, liars: int) -> Floats:
    """The mean of each coordinate without its `liars` largest and smallest values.

    Yin et al. 2018, as above; for fewer liars than half of the clients.

    Examples
    --------
    >>> trimmed_mean([[1.0], [2.0], [3.0], [-99.0], [99.0]], liars=1).tolist()
    [2.0]
    """
    values = np.sort(_finite(updates), axis=0)
    _need(len(values), liars, 2 * liars + 1, "trimmed_mean")
    return np.asarray(values[liars : len(values) - liars].mean(axis=0))


def clipped_mean(updates: npt.ArrayLike, bound: float | None = None) -> Floats:
    """The mean of updates no longer than `bound`; longer ones are shortened to it.

    Sun et al. 2019, "Can you really backdoor federated learning?". The bound is the median length
    where none is given. A liar's pull is bounded, not removed.

    Examples
    --------
    >>> clipped_mean([[1.0, 0.0], [0.0, 1.0], [300.0, 0.0]], bound=1.0).round(3).tolist()
    [0.667, 0.333]
    """
    values = _finite(updates)
    lengths = np.linalg.norm(values, axis=1)
    limit = float(np.median(lengths)) if bound is None else bound
    if limit < 0:
        raise UsageError(f"bound must be a length ≥ 0, got {bound}")
    scale = np.minimum(1.0, limit / np.maximum(lengths, np.finfo(np.float64).tiny))
    return np.asarray((values * scale[:, None]).mean(axis=0))


def krum(updates: npt.ArrayLike, liars: int) -> Floats:
    """The one update that is nearest to its n - liars - 2 nearest others.

    Blanchard et al. 2017, "Machine learning with adversaries: Byzantine tolerant gradient
    descent"; needs 2 · liars + 3 clients.

    Examples
    --------
    >>> krum([[1.0], [1.1], [1.2], [1.3], [50.0]], liars=1).tolist()
    [1.1]
    """
    return multi_krum(updates, liars, keep=1)


def multi_krum(updates: npt.ArrayLike, liars: int, keep: int | None = None) -> Floats:
    """The mean of the `keep` updates with the best Krum scores, n - liars where None.

    Distances are taken in float64 between updates from which their median is taken first: those
    of clients that nearly agree are lost in the last bits of float32 otherwise, and may even come
    out negative.

    Examples
    --------
    >>> multi_krum([[1.0], [1.1], [1.2], [1.3], [50.0]], liars=1).round(2).tolist()
    [1.15]
    """
    values = _finite(updates)
    n = len(values)
    _need(n, liars, 2 * liars + 3, "Krum")
    kept = n - liars if keep is None else keep
    if not 1 <= kept <= n:
        raise UsageError(f"keep must be 1 to {n} clients, got {keep}")
    nearest = np.sort(_squared_distances(values), axis=1)[:, 1 : n - liars - 1]
    best = np.argsort(nearest.sum(axis=1), kind="stable")[:kept]
    return np.asarray(values[np.sort(best)].mean(axis=0))


def fltrust(updates: npt.ArrayLike, trusted: npt.ArrayLike) -> Floats:
    """Updates as long as the server's own, weighted by how much they point the same way.

    Cao et al. 2021, "FLTrust: Byzantine-robust federated learning via trust bootstrapping". Stands
    against any number of liars, as far as the `trusted` update, learnt from a small clean data set
    of the server, is right. Where no client points its way, it is taken alone.

    Examples
    --------
    >>> fltrust([[2.0, 0.0], [-9.0, 0.0], [0.0, 5.0]], trusted=[1.0, 0.0]).tolist()
    [1.0, 0.0]
    """
    values, own = _finite(updates), np.asarray(trusted, dtype=np.float64)
    if own.shape != values.shape[1:] or not np.isfinite(own).all():
        raise UsageError(
            f"trusted must be {values.shape[1]} finite numbers, one a coordinate, got shape "
            f"{own.shape}"
        )
    length = float(np.linalg.norm(own))
    unit = _directions(values)
    trust = np.maximum(unit @ _directions(own[None])[0], 0.0)
    if trust.sum() <= 0:
        return own
    return np.asarray(length * (trust @ unit) / trust.sum())


def _directions(values: Floats) -> Floats:
    """(m, d) rows of length 1, zeros where a row is zero; squares neither under- nor overflow."""
    largest = np.abs(values).max(axis=1, keepdims=True)
    scaled = values / np.where(largest > 0, largest, 1.0)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(scaled / np.where(lengths > 0, lengths, 1.0))


def _finite(updates: npt.ArrayLike) -> Floats:
    """(m, d) the updates that are finite."""
    values = np.asarray(updates, dtype=np.float64)
    if values.ndim != 2 or not len(values):
        raise UsageError(f"updates must have shape (clients, coordinates), got {values.shape}")
    kept = values[np.isfinite(values).all(axis=1)]
    if not len(kept):
        raise UsageError("updates: no client sent finite numbers; nothing can be combined")
    return kept


def _need(n: int, liars: int, least: int, owner: str) -> None:
    if liars < 0 or n < least:
        raise UsageError(
            f"liars: {owner} needs at least {least} clients to withstand {liars}, got {n} with "
            "finite updates; lower liars or wait for more clients"
        )


def _squared_distances(values: Floats) -> Floats:
    centred = values - np.median(values, axis=0)
    squares = np.einsum("ij,ij->i", centred, centred)
    distances = squares[:, None] + squares[None, :] - 2.0 * centred @ centred.T
    return np.asarray(np.maximum(distances, 0.0))
