"""An nbgrader course directory, driven from Python: what the demo and the reports stand on."""

from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.grading import configure
from autograder.grading.gradable import NotGradable, not_enrolled, require_fit, require_notebook


@dataclass(frozen=True)
class Score:
    """A submission's points: those that were earned automatically, how many there are, what waits for a human."""

    auto: float
    auto_max: float
    waiting: int


class Course:
    """A course directory: `source/` in it, and what nbgrader makes of it beside.

    Args:
        root: the directory.
        cell_timeout, call_timeout: seconds for a cell, and for one call of a student's function; nbgrader's and ours
            if left out.
        isolation: as in `ExecuteOutside`; what the configuration says if left out.
    """

    def __init__(self, root: Path, *, cell_timeout: int | None = None, call_timeout: float | None = None,
                 isolation: str | None = None) -> None:
        config = Config()
        configure(config)
        config.CourseDirectory.root = str(root)
        if cell_timeout is not None:
            config.ExecuteOutside.timeout = cell_timeout
        if call_timeout is not None:
            config.ExecuteOutside.call_timeout = call_timeout
        if isolation is not None:
            config.ExecuteOutside.isolation = isolation
        self.root = root
        self._coursedir = CourseDirectory(config=config)
        self._api = NbGraderAPI(coursedir=self._coursedir, config=config)

    def enrol(self, students: list[str]) -> None:
        """Puts students on the class list."""
        with self._gradebook() as gradebook:
            for student in students:
                gradebook.update_or_create_student(student)

    def generate(self, stage: str) -> None:
        """Makes the students' version of a stage, as `nbgrader generate_assignment` does; RuntimeError if it fails."""
        result = self._api.generate_assignment(stage, force=True, create=True)
        if not result["success"]:
            raise RuntimeError(f"{stage} could not be generated:\n{result.get('log', '')}{result.get('error', '')}")

    def submitted(self, stage: str) -> list[str]:
        """The students who handed in something for a stage, sorted."""
        return sorted(path.parent.name for path in (self.root / "submitted").glob(f"*/{stage}"))

    def autograde(self, stage: str, student: str) -> None:
        """Grades one submission, as `nbgrader autograde` does with students already on the class list.

        Raises: NotGradable; nothing of what was recorded for the student before is lost.
        """
        self._require_gradable(stage, student)
        result = self._api.autograde(stage, student, force=True, create=False)
        if not result["success"]:
            last = (result.get("error") or result.get("log") or "no reason given").strip().splitlines()[-1]
            raise NotGradable(f"nbgrader could not grade it ({last})")

    def feedback(self, stage: str, student: str) -> Path:
        """Writes the feedback page, as `nbgrader generate_feedback` does; returns its path."""
        result = self._api.generate_feedback(stage, student, force=True)
        if not result["success"]:
            raise RuntimeError(f"no feedback on {stage} for {student}:\n{result.get('error', '')}")
        return self.root / "feedback" / student / stage / f"{stage}.html"

    def score(self, stage: str, student: str) -> Score | None:
        """What the gradebook holds; None where nothing is graded."""
        with self._gradebook() as gradebook:
            try:
                grades = gradebook.find_submission(stage, student).notebooks[0].grades
            except MissingEntry:
                return None
            automatic = [grade for grade in grades if grade.cell.cell_type == "code"]
            return Score(
                auto=sum(grade.auto_score or 0.0 for grade in automatic),
                auto_max=sum(grade.max_score for grade in automatic),
                waiting=sum(bool(grade.needs_manual_grade) for grade in grades),
            )

    def autograded(self, stage: str, student: str) -> Path:
        """Where the autograded notebook lies."""
        return self.root / "autograded" / student / stage / f"{stage}.ipynb"

    def _require_gradable(self, stage: str, student: str) -> None:
        with self._gradebook() as gradebook:
            if student not in (known.id for known in gradebook.students):
                raise not_enrolled()
        folder = self.root / "submitted" / student / stage
        require_fit(folder, f"{stage}.ipynb")
        require_notebook(folder / f"{stage}.ipynb")

    def _gradebook(self) -> Gradebook:
        return Gradebook(self._coursedir.db_url, self._coursedir.course_id)
