"""What a notebook talks to: `lab = mlplab.stage("04-backprop")`, then `lab.check`, `lab.carry`, `lab.attempt`."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dis import get_instructions
from pathlib import Path
from traceback import walk_tb

from IPython.display import display

from mlplab.carry import Carried, carry
from mlplab.checking import EXCUSED, NOT_ATTEMPTED, PASSED, WAITING, Outcome, run
from mlplab.checks import visible_checks
from mlplab.exercises import STAGES, Stage
from mlplab.panel import message_panel, outcome_panel, table_panel
from mlplab.student import LocalStudent, NotAttempted

# The visible checks draw the same numbers each time: a student who reruns a cell sees the same answer.
_SEED = 0


class CheckDidNotPass(AssertionError):
    """Raised by `lab.check` while a notebook is being validated, so that the Validate button tells the truth."""


class Lab:
    """One stage's helper, bound to the notebook's names."""

    def __init__(self, stage: Stage, namespace: dict[str, object]) -> None:
        self.stage = stage
        self._namespace = namespace
        self._carried: dict[str, Callable] = {}
        self._awaited: set[str] = set()

    def check(self, name: str) -> float | None:
        """Runs the visible checks of one exercise on the notebook's function of that name and shows a panel.

        Returns: None; while nbgrader grades, the points earned, a plain float in [0, points].
        Raises: KeyError for a name that is no exercise of this stage; CheckDidNotPass, while nbgrader validates,
            unless all checks pass.
        """
        outcome = check(self.stage, name, self._namespace)
        display(outcome_panel(outcome))
        execution = os.environ.get("NBGRADER_EXECUTION")
        if execution == "validate" and outcome.status != PASSED:
            raise CheckDidNotPass(outcome_panel(outcome).text)
        return outcome.score if execution == "autograde" else None

    def carry(self, *names: str, use_solution: bool = False) -> None:
        """Takes the student's own functions of earlier stages and binds them in this notebook.

        Inputs:
            names: earlier stages, such as "01-activation".
            use_solution: take the released solution for functions that do not pass their visible checks.
        Raises: ValueError for a stage that this one does not build on.
        """
        for name in names:
            if name not in self.stage.builds_on:
                raise ValueError(f"stage {self.stage.name} does not build on {name!r}, but on "
                                 f"{', '.join(self.stage.builds_on) or 'no other'}")
            stage = STAGES[name]
            carried, outcomes = self._carry(stage, frozenset())
            if use_solution:
                wrong = frozenset(outcome.exercise for outcome in outcomes if outcome.status != PASSED)
                carried, outcomes = self._carry(stage, wrong)
            display(_carried_panel(carried, outcomes))

    def _carry(self, stage: Stage, solution_for: frozenset[str]) -> tuple[Carried, list[Outcome]]:
        carried = carry(stage, Path.cwd().parent, solution_for=solution_for, known=self._carried)
        self._carried |= carried.functions
        # Bound before they are judged: a function that never ends is no reason to go without the others.
        self._namespace.update(carried.functions)
        return carried, [check(stage, exercise.name, self._namespace) for exercise in stage.exercises]

    def explore(self, **state: object) -> None:
        """Shows the stage's explorable, a picture that moves, driven by the notebook's functions.

        Inputs: state: what it is to start from; it shows the line that brings its present state back. Some stages
            hand over what they have trained, as in `lab.explore(params=params)`.
        Raises: ValueError for a state that does not exist, and in a stage that has no explorable.
        """
        from mlplab.explore import explore  # it draws, and whoever only checks can do without

        explore(self.stage, self._namespace, state)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Runs a block that uses the student's functions; where one is not written yet, one calm line says so.

        A later block that lacks a name which such a block would have made says so as calmly.
        """
        try:
            yield
        except NotImplementedError as error:
            self._awaited |= _names_made(error)
            needed = getattr(error, "needed", None) or NotAttempted.raised_in(error)
            display(message_panel(f"This cell waits for `{needed}`, which is not written yet."))
        except NameError as error:
            if error.name not in self._awaited:
                raise
            self._awaited |= _names_made(error)
            display(message_panel(f"This cell waits for `{error.name}`, which a cell further up will make."))


def _names_made(error: BaseException) -> set[str]:
    """The names that the block which raised `error` binds in the notebook."""
    return {instruction.argval for frame, _ in walk_tb(error.__traceback__) if frame.f_locals is frame.f_globals
            for instruction in get_instructions(frame.f_code) if instruction.opname == "STORE_NAME"}


def check(stage: Stage, name: str, namespace: Mapping[str, object]) -> Outcome:
    """The visible checks of one exercise, run on the functions of a namespace."""
    exercise = stage.exercise(name)
    return run(stage, exercise, visible_checks(stage).of(name), LocalStudent(namespace), _SEED)


def _carried_panel(carried: Carried, outcomes: list[Outcome]) -> object:
    stage = carried.stage
    words = {PASSED: "passes its visible checks", NOT_ATTEMPTED: "is not written yet", WAITING: "waits for another",
             EXCUSED: "cannot be judged yet"}
    rows = [(f"`{outcome.exercise}`", carried.origins[outcome.exercise] or "missing",
             words.get(outcome.status, "does not pass its visible checks yet")) for outcome in outcomes]
    saved = f", as saved on {carried.saved:%d %B %Y at %H:%M}" if carried.saved else ""
    footer = list(carried.problems)
    if any(outcome.status != PASSED for outcome in outcomes):
        footer.append(
            f"What is missing or wrong can be mended in `{stage.name}.ipynb`: save it there and run this cell again. "
            f"Once your instructor has put out the solution, lay `{stage.name}-solution.ipynb` beside your notebook "
            f'and call `lab.carry("{stage.name}", use_solution=True)`.')
    return table_panel(f"Carried over from {stage.name}{saved}:", ("function", "from", "state"), rows,
                       "\n".join(footer))
