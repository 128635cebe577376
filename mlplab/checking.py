"""Checks, and what comes of running them.

A check is a function of a *student* (see `mlplab.student`) and a random generator. It returns where the student is
right, raises `CheckFailure` where they are wrong, and `Excused` where it cannot be judged:

    check = Checks("03-loss", visible=True)

    @check("mse", weight=2)
    def is_zero_for_a_perfect_prediction(student, rng):
        \"\"\"No residual, no loss.\"\"\"
        ...

The same function runs in the student's kernel, in the tests of this repository and in the grader. A check may
return a sentence: it is shown beside the pass, as a note.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np

from mlplab.compare import CheckFailure
from mlplab.diagnosis import Certainty, Diagnosis, certain
from mlplab.exercises import STAGES, Exercise, Stage
from mlplab.student import MissingFunction, NotAFunction, NotAttempted, Stopped, StudentError

# A check of this category holds the function's values against right ones. Without one such pass there are no points:
# an array of zeros has the right shape, leaves its arguments alone and is silent.
VALUES = "values"
SHAPES = "shapes and types"
EXTREMES = "extreme inputs"
ARGUMENTS = "arguments left alone"
RANDOMNESS = "randomness"
CATEGORIES = (VALUES, SHAPES, EXTREMES, ARGUMENTS, RANDOMNESS)

PASSED, FAILED, EXCUSED, NOT_ATTEMPTED, WAITING, BROKEN = (
    "passed", "failed", "excused", "not attempted", "waiting", "broken")


class Excused(Exception):
    """This check cannot judge the student's function, through no fault of the function; it costs nothing."""


@dataclass(frozen=True)
class Check:
    """One check of one exercise; `Checks` makes them."""

    exercise: str
    function: Callable
    weight: float
    category: str
    visible: bool

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def title(self) -> str:
        """What the check asks, in words: its name, read aloud."""
        return self.name.replace("_", " ")


class Checks:
    """The checks of one stage, in the order in which they were written; calling it makes a decorator."""

    def __init__(self, stage: str, *, visible: bool) -> None:
        self.stage: Stage = STAGES[stage]
        self.visible = visible
        self._checks: list[Check] = []

    def __call__(self, exercise: str, *, weight: float = 1, category: str = VALUES) -> Callable:
        """Registers the decorated function as a check of `exercise`."""
        self.stage.exercise(exercise)
        if category not in CATEGORIES:
            raise ValueError(f"unknown category {category!r}; there are {CATEGORIES}")

        def register(function: Callable) -> Callable:
            self._checks.append(Check(exercise, function, weight, category, self.visible))
            return function

        return register

    def of(self, exercise: str) -> list[Check]:
        """The checks of one exercise."""
        return [check for check in self._checks if check.exercise == exercise]


@dataclass(frozen=True)
class Verdict:
    """What one check found.

    Attributes:
        check, title, category, visible, weight: of the check.
        status: passed, failed, excused, not attempted, waiting (an earlier function is missing) or broken (our fault).
        message: what was expected and what came; a note where the check passed.
        diagnosis: what probably went wrong.
    """

    check: str
    title: str
    category: str
    visible: bool
    weight: float
    status: str
    message: str = ""
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True)
class Outcome:
    """What all checks of one exercise found; the panel, the score, the feedback and the report are views of it.

    Attributes:
        stage, exercise, points: which exercise, and what it is worth.
        verdicts: one a check.
        duration: seconds.
        misconception, hint: the known misconception it is taken for, and what to say about it; the grader's to fill.
        settled: whether the last verdict speaks for all further checks too; of use to `run` only, so not in the record.
    """

    stage: str
    exercise: str
    points: float
    verdicts: tuple[Verdict, ...]
    duration: float = 0.0
    misconception: str | None = None
    hint: str | None = None
    settled: bool = False

    @property
    def fraction(self) -> float:
        """The share of the weights that passed, in [0, 1]; 0 unless values were right at least once."""
        counted = [verdict for verdict in self.verdicts if verdict.status != EXCUSED]
        total = sum(verdict.weight for verdict in counted)
        passed = [verdict for verdict in counted if verdict.status == PASSED]
        if total == 0 or not any(verdict.category == VALUES for verdict in passed):
            return 0.0
        return sum(verdict.weight for verdict in passed) / total

    @property
    def score(self) -> float:
        """The points earned, a plain finite float in [0, points]."""
        return float(min(self.points, max(0.0, round(self.points * self.fraction, 4))))

    @property
    def status(self) -> str:
        """One word for the whole.

        Passed, partly or failed; not attempted or waiting, where no check came any further; excused, where nothing is
        wrong and no values could be judged; broken, where one check is.
        """
        judged = {verdict.status for verdict in self.verdicts if verdict.status != EXCUSED}
        if BROKEN in judged:
            return BROKEN
        if judged and judged <= {NOT_ATTEMPTED, WAITING}:
            return NOT_ATTEMPTED if NOT_ATTEMPTED in judged else WAITING
        if judged <= {PASSED}:
            return PASSED if self.fraction == 1 else EXCUSED
        return "partly" if self.fraction > 0 else FAILED

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The surest diagnosis of a failed check; of equally sure ones the first."""
        return surest_diagnosis(self.verdicts)

    def to_dict(self) -> dict:
        """The record as plain JSON values, with score and status."""
        record = asdict(self) | {"score": self.score, "status": self.status}
        del record["settled"]
        return record


def surest_diagnosis(verdicts: Iterable[Verdict]) -> Diagnosis | None:
    """The surest diagnosis of the failed checks among these; of equally sure ones the first."""
    found = [verdict.diagnosis for verdict in verdicts if verdict.status == FAILED and verdict.diagnosis]
    return min(found, key=lambda diagnosis: list(Certainty).index(diagnosis.certainty), default=None)


def run(stage: Stage, exercise: Exercise, checks: Iterable[Check], student: object, seed: int,
        before: Outcome | None = None) -> Outcome:
    """Runs the checks of one exercise on a student.

    Inputs:
        checks: those to run, in order.
        student: see `mlplab.student`.
        seed: each check gets its own generator, made from this seed and the check's name.
        before: what earlier checks of the exercise found, where there were any.
    Returns: the outcome of all of them, the earlier ones first.
    """
    started = time.perf_counter()
    before = before or Outcome(stage.name, exercise.name, exercise.points, ())
    verdicts, settled = list(before.verdicts), before.settled
    for check in checks:
        if settled:  # it would end in the same way as the last one, and perhaps take as long
            verdict = _verdict(check, verdicts[-1].status)
        else:
            rng = np.random.default_rng([seed, *check.name.encode()])
            verdict, settled = _run_one(exercise, check, student, rng)
        verdicts.append(verdict)
    duration = before.duration + time.perf_counter() - started
    return replace(before, verdicts=tuple(verdicts), duration=duration, settled=settled)


def _run_one(exercise: Exercise, check: Check, student: object, rng: np.random.Generator) -> tuple[Verdict, bool]:
    """The verdict of one check, and whether it speaks for those that follow too."""
    try:
        note = check.function(student, rng)
    except CheckFailure as failure:
        return _verdict(check, FAILED, failure.message, failure.diagnosis), False
    except Excused as excuse:
        return _verdict(check, EXCUSED, str(excuse)), False
    except StudentError as error:
        its_own = error.name == exercise.name
        if isinstance(error, NotAttempted):
            return _verdict(check, NOT_ATTEMPTED if error.needed == exercise.name else WAITING, str(error)), its_own
        if isinstance(error, MissingFunction | NotAFunction) and not its_own:
            return _verdict(check, WAITING, str(error)), False
        last = its_own and isinstance(error, Stopped | MissingFunction | NotAFunction)
        return _verdict(check, FAILED, "", certain(error.code, str(error))), last
    except Exception as error:  # ours or a very strange value's fault: it earns nothing unseen, it is looked at
        return _verdict(check, BROKEN, f"This check broke down, {type(error).__name__}: {error}. Show it to your "
                                       "instructor: it will be graded by hand."), False
    return _verdict(check, PASSED, note or ""), False


def _verdict(check: Check, status: str, message: str = "", diagnosis: Diagnosis | None = None) -> Verdict:
    return Verdict(check.name, check.title, check.category, check.visible, check.weight, status, message, diagnosis)
