"""Follow-through: a slip in an earlier function of the student is judged in its own place, and only there."""

from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from weakref import WeakKeyDictionary

import numpy as np

from mlplab.checking import Excused
from mlplab.checks import visible_checks
from mlplab.compare import CheckFailure, as_array
from mlplab.exercises import STAGES
from mlplab.student import MissingFunction, NotAFunction, NotAttempted, StudentError

# Asked for at every failure, and dear where each call goes to another process: by student and name of the function.
_VERDICTS: WeakKeyDictionary[object, dict[str, bool]] = WeakKeyDictionary()


def forgiving(*earlier: str, stage: str | None = None) -> Callable:
    """Excuses a failure of the decorated check where one of these functions is wrong itself.

    They are those that a solution may call, or that the check compares with: that slip is judged in its own place.
    `stage` says which one asks for them, where several have functions of these names; else it is the first.
    """

    def decorate(function: Callable) -> Callable:
        @wraps(function)
        def forgiven(student: object, rng: np.random.Generator, *args: object) -> str | None:
            try:
                return function(student, rng, *args)
            except Excused:
                raise
            except StudentError as error:
                if error.name in earlier:
                    raise Excused(f"This compares with your own `{error.name}`, which cannot be called yet.") from error
                raise
            except Exception:
                for name in earlier:
                    if _is_wrong(student, name, stage):
                        raise Excused(f"This can be judged once your own `{name}` passes its own checks.") from None
                raise

        return forgiven

    return decorate


def own_value(student: object, name: str, *args: object) -> np.ndarray | None:
    """What an earlier function of the student gives, of a pair the first; None where that is nothing to go by."""
    try:
        value = getattr(student, name)(*deepcopy(args))
        value = as_array(value[0] if isinstance(value, tuple) and value else value, name)
    except (StudentError, CheckFailure):
        return None
    # With zeros in the chain everything behind them would be right.
    return value if np.isfinite(value).all() and value.any() else None


def _is_wrong(student: object, name: str, stage: str | None) -> bool:
    """Whether a function is written and fails a visible check; one that is not written cannot have been called."""
    verdicts = _VERDICTS.setdefault(student, {})
    if name not in verdicts:
        asking = STAGES[stage] if stage else next(
            stage for stage in STAGES.values() if name in {exercise.name for exercise in stage.exercises})
        verdicts[name] = any(_fails(check.function, student) for check in visible_checks(asking).of(name))
    return verdicts[name]


def _fails(check: Callable, student: object) -> bool:
    try:
        check(student, np.random.default_rng(0))
    except (Excused, NotAttempted, MissingFunction, NotAFunction):
        return False
    except Exception:
        return True
    return False
