"""Results that come in parts, or of which the shape alone is looked at."""

from collections.abc import Mapping, Sequence

import numpy as np

from mlplab.compare import CheckFailure, as_array, as_pair, expect_array
from mlplab.diagnosis import Suspect, certain


def expect_shape(value: object, shape: tuple[int, ...], what: str) -> None:
    """Fails the check unless `value` is an array of this shape; its numbers do not matter."""
    array = as_array(value, what)
    if array.shape != shape:
        expect_array(array, np.full(shape, np.nan), what)


def in_order(
    value: object, shapes: Sequence[tuple[int, ...]], what: str, names: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray]:
    """The pair of arrays that a function returned; fails the check where it is none, or stands in the other order.

    Inputs:
        shapes: of both, as they are asked for; () is met by any one-element array.
        what, names: name the value and its two parts.
    """
    first, second = (as_array(part, name) for part, name in
                     zip(as_pair(value, what, names), names, strict=True))

    def fits(array: np.ndarray, shape: tuple[int, ...]) -> bool:
        return array.shape == shape or shape == () and array.size == 1

    swapped = fits(first, shapes[1]) and fits(second, shapes[0])
    if swapped and not (fits(first, shapes[0]) and fits(second, shapes[1])):
        raise CheckFailure(
            f"{what} has shapes {first.shape} and {second.shape}; {shapes[0]} and {shapes[1]} are asked for.",
            certain("swapped", f"The two results stand in the other order: `return {names[0]}, {names[1]}`."))
    return first, second


def expect_pair(
    value: object,
    expected: Sequence[object],
    what: str,
    names: tuple[str, str],
    suspects: Mapping[str, Sequence[Suspect]] | None = None,
    **options: object,
) -> None:
    """Fails the check unless `value` is this pair of arrays.

    Inputs:
        expected: both, right.
        suspects: by name of the part; options: as for `mlplab.compare.expect_array`.
    """
    parts = in_order(value, [np.shape(right) for right in expected], what, names)
    for part, right, name in zip(parts, expected, names, strict=True):
        expect_array(part, right, name, suspects=(suspects or {}).get(name, ()), **options)
