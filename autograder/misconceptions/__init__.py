"""Named wrong solutions, and right ones in other styles: what students write, as working code.

Each stage has a module with a `Casebook`. A wrong solution carries the thought behind it, the hint that dissolves
it, the check that is meant to catch it and the diagnosis that is to be given; a right one must get full marks. The
tests hold both; the class report recognises what it finds in submissions by them.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from mlplab.checking import FAILED, Outcome
from mlplab.diagnosis import same
from mlplab.exercises import STAGES, Stage
from mlplab.student import LocalStudent, StudentError


@dataclass(frozen=True)
class Wrong:
    """A misconception.

    Attributes:
        exercise, function: the exercise, and the wrong solution; its name is the misconception's.
        thought: what the student probably thought. hint: what to say about it, without the solution.
        caught_by: the name of the check meant to catch it. diagnosis: the code of the diagnosis that is to be given.
    """

    exercise: str
    function: Callable
    thought: str
    hint: str
    caught_by: str
    diagnosis: str | None

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def title(self) -> str:
        return self.name.strip("_").replace("_", " ")


@dataclass(frozen=True)
class Right:
    """A right solution in another style."""

    exercise: str
    function: Callable
    style: str


class Casebook:
    """The wrong and right solutions of one stage.

    A module fills it with decorators: `wrong` and `right` on solutions, and `inputs` on a function of a generator
    that gives one fresh set of arguments, by which a wrong solution is recognised.
    """

    def __init__(self, stage: str) -> None:
        self.stage: Stage = STAGES[stage]
        self.wrongs: list[Wrong] = []
        self.rights: list[Right] = []
        self._inputs: dict[str, Callable[[np.random.Generator], tuple]] = {}

    def wrong(self, exercise: str, *, thought: str, hint: str, caught_by: str, diagnosis: str | None) -> Callable:
        """Registers the decorated function as a wrong solution; None as the diagnosis says that none is given."""
        self.stage.exercise(exercise)

        def register(function: Callable) -> Callable:
            self.wrongs.append(Wrong(exercise, function, thought, hint, caught_by, diagnosis))
            return function

        return register

    def right(self, exercise: str, *, style: str) -> Callable:
        """Registers the decorated function as a right solution, written in a style of its own."""
        self.stage.exercise(exercise)

        def register(function: Callable) -> Callable:
            self.rights.append(Right(exercise, function, style))
            return function

        return register

    def inputs(self, *exercises: str) -> Callable:
        """Registers the decorated function of a generator as the maker of arguments for these exercises."""

        def register(function: Callable) -> Callable:
            self._inputs |= dict.fromkeys(exercises, function)
            return function

        return register

    def identify(self, student: object, outcome: Outcome, rng: np.random.Generator) -> Wrong | None:
        """The misconception that a failed outcome looks like, or None.

        First by behaviour: on fresh arguments the student's answer is a wrong solution's answer. A slip that shows
        only in passing (an argument changed, a warning) is recognised by the check it failed and its diagnosis; so
        are all slips of an exercise without inputs, to which there are as many right answers as solutions.
        """
        failed = {verdict.check: verdict.diagnosis for verdict in outcome.verdicts if verdict.status == FAILED}
        candidates = [wrong for wrong in self.wrongs
                      if wrong.exercise == outcome.exercise and wrong.caught_by in failed]
        diagnosed = [wrong for wrong in candidates if wrong.diagnosis == getattr(failed[wrong.caught_by], "code", None)]
        if outcome.exercise not in self._inputs:
            return next(iter(diagnosed), None)
        if not candidates:
            return None
        arguments = self._inputs[outcome.exercise](rng)
        right = _answer(reference_functions(self.stage)[outcome.exercise], arguments)
        own = _answer(getattr(student, outcome.exercise), arguments)
        answers = {wrong.name: _answer(wrong.function, arguments) for wrong in candidates}
        if own is not None and not _agree(own, right):
            for wrong in candidates:
                if _agree(own, answers[wrong.name]):
                    return wrong
            return None
        # It gives what the student's gives: where that raises, nothing; else, here, what is right.
        return next((wrong for wrong in diagnosed if _agree(answers[wrong.name], None if own is None else right)), None)


def casebook(stage: Stage) -> Casebook:
    """The casebook of one stage."""
    return import_module(f"autograder.misconceptions.{stage.module}").book


def reference_functions(stage: Stage) -> dict[str, Callable]:
    """The reference's functions of a stage and of those it builds on, by name: a student who gets everything right."""
    functions = {}
    for name in (*stage.builds_on, stage.name):
        module = import_module(f"autograder.reference.{STAGES[name].module}")
        functions |= {exercise.name: getattr(module, exercise.name) for exercise in STAGES[name].exercises}
    return functions


def student_with(stage: Stage, replaced: Mapping[str, Callable]) -> LocalStudent:
    """A student who has everything right but for the functions given."""
    return LocalStudent({**reference_functions(stage), **replaced})


def _answer(function: Callable, arguments: tuple) -> object:
    """The function's answer to copies of the arguments; None where it raises."""
    try:
        with np.errstate(all="ignore"):
            return function(*deepcopy(arguments))
    except (StudentError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None


def _agree(one: object, other: object) -> bool:
    """Whether two answers are the same in structure, types and, nearly, numbers."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_agree, one, other))
    if one is None or other is None:
        return one is other
    if any(isinstance(answer, tuple | list | dict) for answer in (one, other)):
        return False
    return np.asarray(one).dtype == np.asarray(other).dtype and same(one, other)
