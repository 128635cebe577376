"""The hidden checks: the student's functions against the reference, on inputs nobody has seen before."""

from importlib import import_module

from mlplab.checking import Check, Checks
from mlplab.checks import visible_checks
from mlplab.exercises import Stage


def hidden_checks(stage: Stage) -> Checks:
    """The hidden checks of one stage."""
    return import_module(f"autograder.checks.{stage.module}").check


def all_checks(stage: Stage, exercise: str) -> list[Check]:
    """The visible checks of one exercise, then the hidden ones: what a grade is made of."""
    return visible_checks(stage).of(exercise) + hidden_checks(stage).of(exercise)
