"""What the hidden checks of several stages ask in the same way."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, combinations
from types import SimpleNamespace

import numpy as np

from mlplab.compare import CheckFailure, require
from mlplab.diagnosis import likely, same
from mlplab.student import StudentError

_CONSTANT = likely("constant", "The same answer comes for different inputs: was it written in by hand, or kept from an "
                               "earlier call?")


def expect_different_answers(values: Sequence[object], expected: Sequence[object]) -> None:
    """Fails the check where different inputs gave one and the same answer though the right ones differ."""
    if not same(expected[0], expected[1]):
        require(not same(values[0], values[1]), "Two different inputs gave the same answer.", _CONSTANT)


def first_to_agree(candidates: Iterable[tuple[str, Callable[[], None]]]) -> str:
    """Runs comparisons until one passes and returns its note; if none does, the first one's failure is raised.

    Inputs: pairs of a note and a comparison. The first is against the reference (its note is empty); the others are
    against what is right given the student's own earlier functions.
    """
    first_failure = None
    for note, compare in candidates:
        try:
            compare()
            return note
        except (CheckFailure, StudentError, ArithmeticError, ValueError, TypeError) as failure:
            first_failure = first_failure or failure
    raise first_failure


def with_own_functions(student: object, reference: object, names: Sequence[str]) -> Iterable[tuple[str, object]]:
    """The reference's earlier functions, then every mixture of them with the student's own.

    A student who calls a slip of their own of an earlier exercise has been judged for it there. Yields pairs of a
    note for the panel (empty for the reference alone) and an object that has each of `names` as a function.

    Inputs:
        reference: an object (a module) that has the names as functions.
        names: the earlier functions that a solution may call.
    """
    for own in chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)):
        functions = {name: getattr(student if name in own else reference, name) for name in names}
        note = f"Right, given your own {', '.join(f'`{name}`' for name in own)}." if own else ""
        yield note, SimpleNamespace(**functions)


def copies(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Fresh copies, so that a function that spoils its arguments cannot spoil what it is compared with."""
    return tuple(np.array(array) for array in arrays)
