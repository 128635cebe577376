"""The visible checks: what a student can see, and verify by hand, without anybody's solution."""

from importlib import import_module

from mlplab.checking import Checks
from mlplab.exercises import Stage


def visible_checks(stage: Stage) -> Checks:
    """The visible checks of one stage."""
    return import_module(f"mlplab.checks.{stage.module}").check
