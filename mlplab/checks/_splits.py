"""Splits into what is kept and what is held out: two arrays of sample indices, and how large the second is to be."""

import numpy as np

from mlplab.compare import CheckFailure, as_pair, require
from mlplab.diagnosis import certain


def split_of(value: object, what: str) -> tuple[np.ndarray, np.ndarray]:
    """The pair (kept, held_out) that a function returned, as rows of indices; fails the check where it is none."""
    parts = as_pair(value, what, ("kept", "held_out"))
    return tuple(_indices(part, name) for part, name in zip(parts, ("kept", "held_out"), strict=True))


def _indices(part: object, name: str) -> np.ndarray:
    kind = getattr(part, "type_name", type(part).__name__)
    if not isinstance(part, np.ndarray | list | tuple | range):
        raise CheckFailure(f"{name} is a {kind}; an array of sample indices is asked for.",
                           certain("not-an-array", f"A {kind} comes back where an array of indices is asked for."))
    indices = np.asarray(part)
    require(indices.dtype != bool, f"{name} holds true and false; indices are asked for.",
            certain("mask-for-indices", "This is a mask: the indices are the places where it is true, and NumPy has a "
                                        "function that tells them."))
    require(indices.ndim == 1, f"{name} has shape {indices.shape}; a row of indices is asked for.",
            certain("not-a-row", "One row of indices is asked for, (M,). `np.where` and `np.nonzero` wrap theirs in a "
                                 "tuple: take its first entry."))
    require(indices.dtype.kind in "iu" or indices.size == 0, f"{name} holds {indices.dtype}; indices are asked for.",
            certain("not-indices", "An index is a whole number, which says where a sample stands."))
    return indices.astype(int)


def expect_parted(kept: np.ndarray, held_out: np.ndarray, n: int) -> None:
    """Fails the check unless every number from 0 to n − 1 stands in one of the parts, once."""
    both = np.concatenate([kept, held_out])
    if np.array_equal(np.sort(both), np.arange(n)):
        return
    missing = n - np.intersect1d(both, np.arange(n)).size
    twice = both.size - np.unique(both).size
    message = f"Of {n} samples {kept.size} are kept and {held_out.size} held out; {missing} are in neither part, " \
              f"{twice} come twice."
    if np.intersect1d(kept, held_out).size:
        raise CheckFailure(message, certain("overlap", "Some samples are both kept and held out: who is examined has "
                                                       "seen the questions."))
    raise CheckFailure(message, certain("incomplete", "Each of the indices 0 to N − 1 belongs to one of the parts, "
                                                      "once."))


def nearest_whole(n: int, fraction: float) -> set[int]:
    """How many of n a fraction is, at least one and not all of them; at an exact half either neighbour."""
    # A half in decimals may be a hair's breadth off: 0.29 · 50 is 14.499999999999998.
    return {min(max(round(fraction * n + nudge), 1), n - 1) for nudge in (-1e-9, 1e-9)}
