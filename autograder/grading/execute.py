"""nbgrader's `Execute` step, with the student's process outside and the checks in here.

The cells of a notebook run in a child process. A grade cell of the form `lab.check("name")` does not run there at
all: the grader calls the student's functions over a typed channel and writes the panel and the score itself. So there
is nothing in the student's process to read, and nothing to forge.

Nor is there anything to remember. Visible checks run at the grade cell's place in the notebook. Hidden ones run after
the last cell, when nothing that the process shows is seen any more, on the functions as they were at that place.
"""

import ast
import math
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from logging import INFO, WARNING
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution
from traitlets import Enum, Float, Integer

from autograder.grading.gradable import require_fit
from autograder.grading.outcomes import cell_outputs, judge_hidden, judge_visible, record_of, save
from autograder.grading.workspace import workspace
from autograder.sandbox import LADDER, Limits, SandboxError, Session, Zygote
from mlplab.checking import BROKEN, Outcome
from mlplab.exercises import STAGES, Exercise, Stage

_NUMPY_SCALAR = re.compile(r"np\.\w+\((.*)\)")


class Settings(NamedTuple):
    """How a notebook is run: see the traits of `ExecuteOutside`, seconds and bytes as there."""

    isolation: str
    limits: Limits
    cell_timeout: float
    call_timeout: float
    output_limit: int

    def zygote(self) -> Zygote:
        """This process's warm process with these settings."""
        return Zygote.shared(self.isolation, self.limits)


class ExecuteOutside(Execute):
    """Runs a submission in an isolated child process and judges its exercises from outside it.

    What a cell may take is nbgrader's own `timeout`.
    """

    isolation = Enum(["auto", *LADDER], "auto", help="What keeps a submission from doing harm: a rung of the ladder, "
                     "or auto for the strongest that holds here; none must be asked for.").tag(config=True)
    call_timeout = Float(10, help="Seconds that one call of a student's function may take.").tag(config=True)
    total_timeout = Float(Limits.total, help="Seconds that a notebook's cells and calls may take.").tag(config=True)
    cpu_limit = Integer(Limits.cpu, help="Seconds of processor time that a process may take.").tag(config=True)
    memory_limit = Integer(Limits.memory, help="Bytes of memory that a process may have.").tag(config=True)
    process_limit = Integer(Limits.processes, help="Processes and threads that a notebook may have.").tag(config=True)
    disk_limit = Integer(Limits.disk, help="Bytes that a notebook may have on disk.").tag(config=True)
    file_limit = Integer(Limits.files, help="Files and folders that a notebook may have on disk.").tag(config=True)
    output_limit = Integer(4_000_000, help="Bytes of output that one cell may have.").tag(config=True)

    def __call__(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        self.require_enabled()
        return super().__call__(nb, resources)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict, km: object = None
                   ) -> tuple[NotebookNode, ResourcesDict]:
        assignment, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        coursedir, name = CourseDirectory(parent=self), f"{resources['nbgrader']['notebook']}.ipynb"
        require_fit(Path(coursedir.format_path(coursedir.submitted_directory, student, assignment)), name)
        zygote = self.settings.zygote()
        self.log.log(WARNING if zygote.start().rung == "none" else INFO, zygote.sentence)
        with workspace(coursedir, assignment, student) as directory:
            outcomes = run_notebook(nb, assignment, directory, self.settings)
        for outcome in outcomes:
            if outcome.status == BROKEN:
                self.log.error("%s of %s: a check broke down, please grade it by hand.", outcome.exercise, student)
        save(record_of(outcomes, zygote.isolation.title), Path(resources["metadata"]["path"], name))
        return nb, resources

    def require_enabled(self) -> None:
        """ValueError where nbgrader is told not to execute."""
        if not self.enabled:
            raise ValueError("--no-execute would take the submission's word for its own score; grade without it.")

    @property
    def settings(self) -> Settings:
        """What is configured; nbgrader writes None or −1 where a cell has no limit on time."""
        limits = Limits(memory=self.memory_limit, cpu=self.cpu_limit, total=self.total_timeout,
                        processes=self.process_limit, disk=self.disk_limit, files=self.file_limit)
        unlimited = self.timeout is None or self.timeout < 0
        return Settings(self.isolation, limits, math.inf if unlimited else self.timeout, self.call_timeout,
                        self.output_limit)


def run_notebook(nb: NotebookNode, assignment: str, directory: Path, settings: Settings,
                 environment: Mapping[str, str] = MappingProxyType({})) -> list[Outcome]:
    """Runs a notebook's cells, judges its exercises, and writes what either showed into the notebook.

    Inputs:
        directory: where it runs; see `workspace`.
        environment: variables for the notebook's process.
    Returns: an outcome for each grade cell that asks for a check.
    Raises: SandboxError where the machine, not the submission, was at fault.
    """
    stage = STAGES.get(assignment)
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    asking = [stage and exercise_of(cell, stage) for cell in cells]
    trials = []
    with _session(stage, directory, settings, environment) as session:
        for place, (cell, exercise) in enumerate(zip(cells, asking, strict=True)):
            if exercise is None:
                result = session.run_cell(cell.source)
                cell.outputs, cell.execution_count = result.outputs, result.execution_count
                if is_grade(cell) and not is_solution(cell):
                    close_loopholes(cell, alive=session.alive)
                continue
            seed = secrets.randbits(32)
            outcome = judge_visible(stage, exercise, session.student, seed)
            trials.append(_Trial(place, exercise, seed, outcome, session.keep()))
            # The cell counts in the student's process, as it did when the student ran it.
            cell.execution_count = session.run_cell("None").execution_count
        cut_short = _finish(stage, trials, session)
    if cut_short:
        # The process died after their places: they get another one, in which nobody sees what the cells show.
        with _session(stage, directory, settings, {**environment, "MLPLAB_PLOTS": "skip"}) as session:
            at = {trial.place: trial for trial in cut_short}
            for place in range(max(at) + 1):
                if place in at:
                    at[place].kept = session.keep()
                elif asking[place] is None:
                    session.run_cell(cells[place].source)
            _finish(stage, cut_short, session)
    for trial in trials:
        cells[trial.place].outputs = cell_outputs(trial.outcome)
    return [trial.outcome for trial in trials]


@dataclass
class _Trial:
    """The judging of one exercise.

    Attributes:
        place: the grade cell's, among the code cells.
        visible: what the visible checks found.
        kept: the note of the names as they were at that place; None where the process had died by then.
        outcome: of all checks.
    """

    place: int
    exercise: Exercise
    seed: int
    visible: Outcome
    kept: int | None
    outcome: Outcome | None = None


def _finish(stage: Stage, trials: Sequence[_Trial], session: Session) -> list[_Trial]:
    """Runs the hidden checks. Nothing that the session shows after this may be seen.

    Returns: those that deserve another process, since this one lived at their place and no more when their checks ran;
        those in whose checks it may have died, last.
    """
    bystanders, suspects = [], []
    for trial in trials:
        alive = session.alive
        if alive:
            session.restore(trial.kept)
        trial.outcome = judge_hidden(stage, trial.exercise, session.student, trial.seed, trial.visible)
        if not session.alive and trial.kept is not None and not trial.visible.settled:
            (suspects if alive else bystanders).append(trial)
    return bystanders + suspects


@contextmanager
def _session(stage: Stage | None, directory: Path, settings: Settings, environment: Mapping[str, str]
             ) -> Iterator[Session]:
    """A process for the notebook. Raises SandboxError if the machine ended it: the notebook is to be run again."""
    own_limits = {exercise.name: max(exercise.seconds, settings.call_timeout)
                  for exercise in (stage.exercises if stage else ()) if exercise.seconds}
    # A cell that calls a function with a limit of its own needs its time too.
    with Session(directory, root=directory.parent, environment=environment,
                 cell_timeout=max(settings.cell_timeout, *own_limits.values(), 0), call_timeout=settings.call_timeout,
                 call_timeouts=own_limits, output_limit=settings.output_limit, zygote=settings.zygote()) as session:
        yield session
        if session.machine_failed:
            raise SandboxError(session.reason)


def exercise_of(cell: NotebookNode, stage: Stage) -> Exercise | None:
    """The exercise that a grade cell asks to be checked, `lab.check("name")`; None for any other cell."""
    if not is_grade(cell) or is_solution(cell):
        return None
    try:
        match ast.parse(cell.source).body:
            case [ast.Expr(ast.Call(ast.Attribute(attr="check"), [ast.Constant(str(name))], []))]:
                return stage.exercise(name)
    except (SyntaxError, KeyError):
        pass
    return None


def close_loopholes(cell: NotebookNode, *, alive: bool) -> None:
    """Makes the outputs of a stock grade cell mean what they say.

    nbgrader's `determine_grade` gives full marks where it cannot read a number, and to a cell that never ran; a mere
    warning costs it all. Here a number is read whichever NumPy printed it and held to [0, points]; NaN, or no run at
    all, earns nothing; what was written to stderr is shown, and that is all.
    """
    points = float(cell.metadata.nbgrader["points"])
    if not alive and not cell.outputs:
        cell.outputs = [NotebookNode(output_type="error", ename="NotebookStopped", evalue="the notebook was stopped "
                                     "before this cell", traceback=["The notebook was stopped before this cell."])]
    for output in cell.outputs:
        if output.output_type == "stream":
            output.name = "stdout"
        if output.output_type != "execute_result":
            continue
        text = output.data.get("text/plain", "")
        text = "".join(text) if isinstance(text, list) else text
        number = _NUMPY_SCALAR.fullmatch(text.strip())
        try:
            score = float(number[1] if number else text)
        except ValueError:
            output.data["text/plain"] = text or "passed"  # as nbgrader has it: ran without an error and is no number
            continue
        output.data["text/plain"] = repr(min(points, max(0.0, score)) if math.isfinite(score) else 0.0)
