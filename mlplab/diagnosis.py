"""The autopsy of a wrong array: what does it look like that the student did?

Nothing here knows the solution of an exercise. A wrong array is held against the expected one (its shape, its
ratio, its precision) and against *suspects*: values that a certain slip would give, which the check that knows the
exercise brings along.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

# How near is "the same" when a slip is to be recognised: far looser than a check, far tighter than chance.
_SAME = 1e-6
# A ratio this near to 1 is no factor that somebody wrote: the digits are wrong.
_NO_FACTOR = 1e-3


class Certainty(StrEnum):
    """How sure a diagnosis is: only `CERTAIN` speaks without a reservation."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True)
class Diagnosis:
    """What probably went wrong.

    Attributes:
        code: a stable name, such as `no-mean`; the class report counts these.
        certainty: how sure it is.
        text: one or two sentences to the student, ending in where to look.
    """

    code: str
    certainty: Certainty
    text: str


def certain(code: str, text: str) -> Diagnosis:
    """A diagnosis that leaves no doubt."""
    return Diagnosis(code, Certainty.CERTAIN, text)


def likely(code: str, text: str) -> Diagnosis:
    """A diagnosis that fits exactly, though another cause could look the same."""
    return Diagnosis(code, Certainty.LIKELY, text)


def possible(code: str, text: str) -> Diagnosis:
    """A diagnosis that is worth a thought."""
    return Diagnosis(code, Certainty.POSSIBLE, text)


@dataclass(frozen=True)
class Suspect:
    """A value that a certain slip would give, and what to say if the student's value is that one."""

    diagnosis: Diagnosis
    value: Callable[[], object]


def same(actual: object, expected: object) -> bool:
    """Whether two arrays agree in shape and, within a millionth of their scale, in every entry."""
    try:
        actual, expected = (np.asarray(value).astype(float, casting="same_kind") for value in (actual, expected))
    except (TypeError, ValueError):
        return False
    if actual.shape != expected.shape:
        return False
    scale = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    return bool(np.allclose(actual, expected, rtol=_SAME, atol=_SAME * scale, equal_nan=True))


def explain(
    actual: np.ndarray,
    expected: np.ndarray,
    *,
    samples: int | None = None,
    outputs: int | None = None,
    suspects: Iterable[Suspect] = (),
) -> Diagnosis | None:
    """The best explanation of why `actual` is not `expected`, or None.

    It is certain only where nothing else that is known here looks the same: with N = 2 the missing 1/N and a missing
    ½ cannot be told apart, and of a single number several stories may be true.

    Inputs:
        actual, expected: arrays of numbers of any shape; anything else has no explanation.
        samples, outputs: N and K, where the exercise has them: then ratios of N, 1/N, K are recognised.
        suspects: what this exercise's own slips would give; they are tried first.
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    if not {actual.dtype.kind, expected.dtype.kind} <= set("biuf") or 0 in (actual.size, expected.size):
        return None
    if np.array_equal(actual, expected):
        return None
    with np.errstate(all="ignore"):
        fitting = [] if same(actual, expected) else [
            suspect.diagnosis for suspect in suspects if _fits(suspect, actual)]
        if fitting:
            return fitting[0] if len({diagnosis.code for diagnosis in fitting}) == 1 else _doubted(fitting[0])
        if actual.shape != expected.shape:
            return _explain_shape(actual, expected)
        if not np.isfinite(actual).all():
            return _explain_not_finite(actual, expected)
        found = (_explain_cut_off(actual, expected)
                 or _explain_ratio(actual.astype(float), expected.astype(float), samples, outputs)
                 or _explain_relation(actual.astype(float), expected.astype(float))
                 or _explain_precision(actual.astype(float), expected.astype(float)))
        return found if found is None or _different_entries(actual, expected) > 1 else _doubted(found)


def _fits(suspect: Suspect, actual: np.ndarray) -> bool:
    try:
        return same(actual, suspect.value())
    except Exception:  # a slip that cannot be worked out on these inputs explains nothing
        return False


def _doubted(diagnosis: Diagnosis) -> Diagnosis:
    """The same diagnosis, of which there is no certainty."""
    return likely(diagnosis.code, diagnosis.text) if diagnosis.certainty is Certainty.CERTAIN else diagnosis


def _different_entries(actual: np.ndarray, expected: np.ndarray) -> int:
    """How many different numbers there are to explain: the same one many times is no more telling than once."""
    wrong = expected[actual != expected].astype(float)
    return np.unique(np.round(wrong / np.max(np.abs(wrong), initial=0.0), 6)).size


def _explain_shape(actual: np.ndarray, expected: np.ndarray) -> Diagnosis | None:
    shapes = f"{actual.shape} where {expected.shape} is asked for"
    if actual.ndim == 2 and actual.T.shape == expected.shape:
        advice = f"{shapes}. Write the shapes of both factors beside your product."
        if same(actual.T, expected):
            return certain("transpose", f"This is the transpose: {advice}")
        return likely("transpose", f"This is the shape of the transpose: {advice}")
    if actual.ndim == 1 and expected.shape == (actual.size, 1):
        return certain("flat", f"A flat array, {shapes}: keep the column, (N, 1). A flat (N,) and a column (N, 1) "
                               "broadcast to (N, N) without a word.")
    if actual.size == expected.size and same(actual.ravel(), expected.ravel()):
        return certain("reshaped", f"The numbers are right, their arrangement is not: {shapes}.")
    if expected.ndim == 2 and expected.shape[1] == 1 and actual.shape == (len(expected), len(expected)):
        return likely("broadcast", f"{shapes}: a flat (N,) array met a column (N, 1), and NumPy broadcast them to "
                                   "(N, N). Give both the same shape.")
    if actual.ndim == expected.ndim > 0 and len(actual) < len(expected) and same(actual, expected[:len(actual)]):
        return certain("fewer-samples", f"What is there is right, but rows are missing, {shapes}: all N samples are "
                                        "asked for, not the first alone and not a fixed number of them.")
    if actual.size == 1:
        fits = any(same(actual.flat[0], whole(expected)) for whole in (np.sum, np.mean))
        return (likely if fits else possible)(
            "summed-up", f"One number, {shapes}: was everything summed or averaged into one?")
    if actual.ndim == expected.ndim + 1 and actual.shape[1:] == expected.shape:
        fits = any(same(whole(actual, axis=0), expected) for whole in (np.sum, np.mean))
        return (likely if fits else possible)(
            "not-summed", f"There is an axis too many, {shapes}: was a sum over it forgotten?")
    return None


def _explain_not_finite(actual: np.ndarray, expected: np.ndarray) -> Diagnosis | None:
    if np.isfinite(expected).all():
        return likely("not-finite", "There are entries that are not finite numbers: that comes from a division by "
                                    "zero, from an overflow, or from an array that was never filled in.")
    return None


def _explain_cut_off(actual: np.ndarray, expected: np.ndarray) -> Diagnosis | None:
    if actual.dtype.kind in "iu" and np.array_equal(actual, np.trunc(expected)):
        # Zeros may also never have been filled in.
        return (certain if actual.any() else likely)(
            "integers", "The decimals are gone: every entry was cut to a whole number. Which array has an integer "
                        "dtype?")
    if not actual.any() and expected.any():
        return certain("all-zero", "Every entry is zero: is the result ever filled in?")
    return None


def _explain_ratio(
    actual: np.ndarray, expected: np.ndarray, samples: int | None, outputs: int | None
) -> Diagnosis | None:
    ratio = constant_ratio(actual, expected)
    if ratio is None:
        return None
    readings = [(code, text.format(sign="" if ratio > 0 else " and of the opposite sign"))
                for code, factor, text in _known_ratios(samples, outputs)
                if abs((-ratio if code == "sign" else abs(ratio)) - factor) < _SAME * factor]
    if readings:
        codes, texts = zip(*readings, strict=True)
        return (certain if len(codes) == 1 else likely)(codes[0], " Or: ".join(texts))
    return possible("constant-factor", f"Every entry is {ratio:.6g} times what it should be: a constant factor is "
                                       "missing, or one too many.")


def _known_ratios(samples: int | None, outputs: int | None) -> Iterable[tuple[str, float, str]]:
    yield "sign", 1.0, "Every entry has the opposite sign: which way round is the difference?"
    if samples and samples > 1:
        n = float(samples)
        yield "no-mean", n, f"Every entry is exactly N = {samples} times too large{{sign}}: where is the 1/N?"
        yield "mean-twice", 1 / n, (f"Every entry is exactly N = {samples} times too small{{sign}}: the 1/N has been "
                                    "applied twice.")
        if outputs and outputs > 1:
            if outputs != samples:
                yield "mean-over-outputs-only", n / outputs, (
                    f"Every entry is N/K = {n / outputs:.6g} times too large{{sign}}: the mean runs over the K outputs "
                    "in place of the N samples.")
            yield "no-mean-and-outputs", n * outputs, (
                f"Every entry is N·K = {samples * outputs} times too large{{sign}}: where is the 1/N?")
        # Four is the number of rows of the XOR table: the one size that a student has before their eyes.
        if samples != 4:
            yield "hard-coded-samples", n / 4, (
                f"Every entry is N/4 = {n / 4:.6g} times too large{{sign}}: is the number of samples written as 4? "
                f"Here N is {samples}.")
    if outputs and outputs > 1:
        yield "mean-over-outputs", 1.0 / outputs, (
            f"Every entry is K = {outputs} times too small{{sign}}: divide by the N samples only, not by all N·K "
            "numbers.")
    if samples:
        yield "factor-two", 2.0, "Every entry is twice too large{sign}: where has the ½ of the loss gone?"
        yield "factor-half", 0.5, ("Every entry is half of what it should be{sign}: the ½ of the loss cancels against "
                                   "the 2 of the square.")
    else:
        yield "factor-two", 2.0, "Every entry is twice too large{sign}: is a ½ missing, or a 2 too many?"
        yield "factor-half", 0.5, "Every entry is half of what it should be{sign}: is a 2 missing, or a ½ too many?"


def constant_ratio(actual: np.ndarray, expected: np.ndarray) -> float | None:
    """The one number that turns every entry of `expected` into that of `actual`; None where there is none."""
    scale = np.max(np.abs(expected), initial=0.0)
    if not 0 < scale < np.inf:
        return None
    unit = expected / scale
    ratio = float(np.sum(actual / scale * unit) / np.sum(unit**2))
    if ratio == 0 or abs(ratio - 1) < _NO_FACTOR or not same(actual, ratio * expected):
        return None
    # A single entry has a ratio whatever went wrong: only a telling one is worth a word.
    return ratio if actual.size > 1 or _telling(ratio) else None


def _telling(ratio: float) -> bool:
    return any(abs(number - np.round(number)) < _SAME for number in (ratio, 1 / ratio))


def _explain_relation(actual: np.ndarray, expected: np.ndarray) -> Diagnosis | None:
    if same(actual, expected):
        return None
    if same(actual, np.abs(expected)) and not same(actual, expected):
        return likely("absolute", "The sizes are right and every sign is plus: is there an absolute value, or a "
                                  "square root of a square?")
    if same(actual, 1 - expected):
        return likely("complement", "Every entry is one minus what it should be.")
    offset = actual - expected
    if actual.size > 1 and same(offset, np.full_like(offset, offset.flat[0])):
        return possible("constant-offset", f"Every entry is off by the same {offset.flat[0]:.6g}.")
    return None


def _explain_precision(actual: np.ndarray, expected: np.ndarray) -> Diagnosis | None:
    for decimals in range(9):
        if np.array_equal(actual, np.round(expected, decimals)):
            if decimals == 0:  # the step that a threshold makes looks the same
                return likely("rounded", "Every entry is rounded to a whole number: hand on all the digits.")
            return certain("rounded", f"Every entry is rounded to {decimals} decimals: hand on all the digits, "
                                      "round only what you print.")
    scale = min(1.0, np.max(np.abs(expected)))
    for dtype in (np.float32, np.float16):
        resolution = float(np.finfo(dtype).eps)
        if np.allclose(actual, expected.astype(dtype).astype(float), rtol=4 * resolution, atol=resolution * scale):
            kept = np.array_equal(actual, actual.astype(dtype).astype(float))
            return (likely if kept else possible)(
                "precision", f"Right to about {-np.log10(resolution):.0f} digits: somewhere the numbers went through "
                             f"{np.dtype(dtype).name}, or were rounded.")
    return None
