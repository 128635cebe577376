"""The ground on which hostile submissions are tried: an honest one runs beside each, another one comes after it."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat

from autograder.grading.outcomes import judge
from autograder.notebooks import find_cell
from autograder.sandbox import CellResult, Limits, Session, Zygote
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[1]
STAGE = STAGES["01-activation"]
EXERCISE = STAGE.exercise("sigmoid")

LIMITS = Limits(memory=2 * 2**30, cpu=5, total=120.0, processes=32, disk=48 * 2**20, files=2_000, descriptors=64)
"""Tighter than in earnest, so that bombs go off sooner."""


@dataclass
class Attack:
    """What came of an attack.

    Attributes:
        results: of its cells. reason: why its process ended, empty if it did not.
    """

    results: list[CellResult] = field(default_factory=list)
    reason: str = ""

    @property
    def text(self) -> str:
        """All that its cells showed, errors left out."""
        return "".join(output.get("text") or output.get("data", {}).get("text/plain", "")
                       for result in self.results for output in result.outputs)

    @property
    def errors(self) -> str:
        """Its errors, and the words for the student."""
        return "\n".join(f"{output.ename}: {output.evalue}" for result in self.results for output in result.outputs
                         if output.output_type == "error")


class Arena:
    """One rung, with a worker for hostile submissions and another one beside it."""

    def __init__(self, rung: str, folder: Path) -> None:
        self.rung = rung
        self.worker, self._neighbour = Zygote(rung, LIMITS), Zygote(rung, LIMITS)
        self.folder = folder

    def close(self) -> None:
        self.worker.close()
        self._neighbour.close()

    @contextmanager
    def hostile(self, folder: Path | None = None, **options: object):
        """A session for a hostile notebook. The honest one beside it, and the next on the same worker, get full marks.
        """
        with Session(self.folder, zygote=self._neighbour) as beside:
            beside.run_cell(honest_solution())
            with Session(folder or self.folder, zygote=self.worker, **options) as session:
                yield session
            assert marks(beside) == EXERCISE.points
        with Session(self.folder, zygote=self.worker) as after:
            listed = after.run_cell("import os; print(sorted(os.listdir('.')))").outputs[0].text
            assert listed == f"{sorted(path.name for path in self.folder.iterdir())}\n"
            after.run_cell(honest_solution())
            assert marks(after) == EXERCISE.points

    def attack(self, *cells: str, **options: object) -> Attack:
        """Runs the cells of a hostile notebook."""
        with self.hostile(**options) as session:
            return Attack([session.run_cell(cell) for cell in cells], session.reason)


@cache
def honest_solution() -> str:
    """The cell of a student who solved the exercise."""
    solved = nbformat.read(REPOSITORY / "source" / STAGE.name / f"{STAGE.name}.ipynb", as_version=4)
    return "import numpy as np\n" + find_cell(solved, EXERCISE.name).source


def marks(session: Session) -> float:
    """What the exercise is worth as the session's functions are."""
    return judge(STAGE, EXERCISE, session.student, seed=11).score
