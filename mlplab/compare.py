"""Comparisons that a check makes: shape first, then type, then values, and a diagnosis where they differ."""

from collections.abc import Iterable

import numpy as np

from mlplab.diagnosis import Diagnosis, Suspect, certain, explain

_TOLERANCE = 1e-9
_SHOWN = 5


class CheckFailure(AssertionError):
    """A check found the student's function wrong.

    Attributes:
        message: what was expected and what came; diagnosis: what probably went wrong, or None.
    """

    def __init__(self, message: str, diagnosis: Diagnosis | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.diagnosis = diagnosis


def require(condition: bool, message: str, diagnosis: Diagnosis | None = None) -> None:
    """Fails the check with `message` unless `condition` holds."""
    if not condition:
        raise CheckFailure(message, diagnosis)


def as_array(value: object, what: str) -> np.ndarray:
    """`value` as an array of numbers; fails the check where it is none."""
    if value is None:
        raise CheckFailure(f"{what} is None.", certain("returns-nothing", "Nothing comes back: is there a `return`?"))
    if not isinstance(value, np.ndarray | np.generic | int | float):
        kind = getattr(value, "type_name", type(value).__name__)
        raise CheckFailure(f"{what} is a {kind}; a NumPy array is asked for.",
                           certain("not-an-array", f"A {kind} comes back where an array is asked for."))
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise CheckFailure(f"{what} holds {array.dtype} values; numbers are asked for.",
                           certain("not-numbers", f"The result has dtype {array.dtype}: numbers are asked for."))
    return array


def as_pair(value: object, what: str, names: tuple[str, str]) -> tuple[object, object]:
    """`value` as the pair of results that the contract asks for."""
    asked = f"({names[0]}, {names[1]})"
    if value is None:
        raise CheckFailure(f"{what} is None; the pair {asked} is asked for.",
                           certain("returns-nothing", "Nothing comes back: is there a `return`?"))
    if not isinstance(value, tuple | list) or len(value) != 2:
        kind = getattr(value, "type_name", type(value).__name__)
        count = f" of {len(value)}" if isinstance(value, tuple | list) else ""
        raise CheckFailure(f"{what} is a {kind}{count}; the pair {asked} is asked for.",
                           certain("not-a-pair", f"Return both: `return {names[0]}, {names[1]}`."))
    return value[0], value[1]


def expect_array(
    actual: object,
    expected: np.ndarray,
    what: str,
    *,
    rtol: float = _TOLERANCE,
    atol: float | None = None,
    samples: int | None = None,
    outputs: int | None = None,
    suspects: Iterable[Suspect] = (),
) -> None:
    """Fails the check unless `actual` is `expected`: the same shape and, within the tolerance, the same numbers.

    Inputs:
        actual: what the student's function returned.
        expected: an array of any shape; a scalar is met by any one-element array.
        what: names the value in the message, such as "dL_dw1".
        rtol, atol: relative and absolute tolerance; atol is 1e-12 of the largest entry (at least of 1) if left out.
        samples, outputs, suspects: for the diagnosis, see `mlplab.diagnosis.explain`.
    """
    actual, expected = as_array(actual, what), np.asarray(expected)
    suspects = tuple(suspects)
    if expected.ndim == 0 and actual.size == 1:
        actual = actual.reshape(())
    if actual.shape != expected.shape:
        raise CheckFailure(
            f"{what} has shape {actual.shape}; {expected.shape} is asked for.",
            explain(actual, expected, samples=samples, outputs=outputs, suspects=suspects))
    if atol is None:
        atol = 1e-12 * max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    with np.errstate(all="ignore"):
        wrong = ~np.isclose(actual.astype(float), expected.astype(float), rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        raise CheckFailure(
            _differences(actual, expected, wrong, what),
            explain(actual, expected, samples=samples, outputs=outputs, suspects=suspects))


def expect_float64(actual: object, what: str) -> None:
    """Fails the check unless `actual` is an array or number in double precision."""
    dtype = as_array(actual, what).dtype
    if dtype == np.float64:
        return
    if dtype.kind == "f":
        diagnosis = certain("precision", f"The result is {dtype}: somewhere the numbers went through another type "
                                         "of float.")
    else:
        diagnosis = certain("not-float", f"The result is {dtype}: turn it into floats, `.astype(float)`.")
    raise CheckFailure(f"{what} has dtype {dtype}; float64 is asked for.", diagnosis)


def expect_untouched(arguments: dict[str, np.ndarray], before: dict[str, np.ndarray]) -> None:
    """Fails the check unless the arguments are, to the bit, what they were before the call."""
    for name, array in arguments.items():
        if not np.array_equal(array, before[name]):
            raise CheckFailure(
                f"`{name}` is not the same after the call.",
                certain("modifies-argument", f"The caller's `{name}` was changed in place (`+=`, `-=` or `{name}[...] "
                                             "=`): work on a new array."))


def _differences(actual: np.ndarray, expected: np.ndarray, wrong: np.ndarray, what: str) -> str:
    """How many entries are wrong, by how much at most, and the first of them."""
    if not actual.ndim:
        return f"{what} is {actual:.10g}; {expected:.10g} is asked for."
    with np.errstate(all="ignore"):
        errors = np.abs(actual[wrong].astype(float) - expected[wrong])
    largest = np.max(errors, initial=0.0, where=np.isfinite(errors))
    size = f", by up to {largest:.3g}" if largest else ""
    lines = [f"{what} is wrong in {errors.size} of {wrong.size} entries{size}:"]
    for index in map(tuple, np.argwhere(wrong)[:_SHOWN].tolist()):
        lines.append(f"[{', '.join(map(str, index))}] is {actual[index]:.10g}; {expected[index]:.10g} is asked for")
    return "\n".join([*lines, *(["…"] if errors.size > _SHOWN else [])])
