"""nbgrader's `Autograde`, cut in two where a notebook is executed, so that this can happen in another process.

Everything else is nbgrader's own: what is put back in a notebook before it runs, which files lie beside it, what is
written into the gradebook, penalties, permissions, and what is taken away after a failure.
"""

import contextlib
import glob
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbconvert.writers import FilesWriter
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import latesubmissions, overwritecells, overwritekernelspec, saveautogrades
from nbgrader.utils import find_all_files
from sqlalchemy import text
from traitlets.config import Config

from autograder.grading.execute import ExecuteOutside
from autograder.grading.faults import machine_s_fault
from autograder.grading.gradable import NotGradable, not_enrolled, require_fit, unreadable
from autograder.grading.outcomes import save
from autograder.grading.worker import Job, unpack
from autograder.grading.workspace import carried

_OPENING = (autograde, latesubmissions, overwritecells, overwritekernelspec, saveautogrades)
_MAX_BYTES = 64 * 2**20  # of one submission: it travels to a worker in one piece


class SessionGradebook(Gradebook):
    """A gradebook that stays open for many submissions: what nbgrader's steps commit is kept back until `settle`."""

    def __init__(self, db_url: str, course_id: str) -> None:
        super().__init__(db_url, course_id)
        self._connection = self.engine.connect()
        self.db.remove()
        # SQLAlchemy's way of "joining a session into an external transaction".
        self.db.configure(bind=self._connection, join_transaction_mode="rollback_only", expire_on_commit=False)
        self._transaction = self._connection.begin()
        # A submission's notebook has dozens of cells, and what they should be does not change while it is graded.
        self.find_source_cell, self.find_graded_cell = cache(self.find_source_cell), cache(self.find_graded_cell)

    def close(self) -> None:
        """A step of nbgrader's is done with it; see `shut`."""

    def settle(self) -> None:
        """Commits, and forgets what is in memory."""
        try:
            self.db.flush()
            self._transaction.commit()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Takes back what has not been settled."""
        self.db.remove()
        self._transaction.close()
        self._transaction = self._connection.begin()
        self.find_source_cell.cache_clear()
        self.find_graded_cell.cache_clear()

    def analyze(self) -> None:
        """Lets SQLite look at its tables: without it, it looks submissions up more slowly the more there are."""
        if self.engine.dialect.name == "sqlite":
            self.db.execute(text("PRAGMA analysis_limit = 1000"))
            self.db.execute(text("ANALYZE"))
            self.settle()

    def shut(self) -> None:
        self.abandon()
        self._connection.close()
        super().close()


@contextlib.contextmanager
def _all_in(session: SessionGradebook) -> Iterator[None]:
    """nbgrader's steps open the gradebook again for each of their parts; meanwhile they get this one."""
    with contextlib.ExitStack() as stack:
        for module in _OPENING:
            stack.enter_context(patch.object(module, "Gradebook", lambda *_: session))
        yield


class BulkAutograde(Autograde):
    """Prepares submissions of one stage for a worker, and records what came of them.

    Inputs: coursedir, config: as `course_config` gives them.
    """

    def __init__(self, coursedir: CourseDirectory, config: Config) -> None:
        super().__init__(coursedir=coursedir, config=config)
        self.force = True  # whoever calls has decided that it is to be graded
        before, execute, after = self._split()
        self.sanitize_preprocessors = [*self.sanitize_preprocessors, *before]
        self.autograde_preprocessors = after
        self.writer = FilesWriter(parent=self, config=self.config)
        self.exporter = self.exporter_class(parent=self, config=self.config)
        self.exporter.optimistic_validation = True  # of a notebook once, after all steps
        self.session = SessionGradebook(coursedir.db_url, coursedir.course_id)
        execute = execute(parent=self)
        execute.require_enabled()
        self._settings = execute.settings
        self._executed: tuple[Mapping, Mapping] | NotGradable
        self._failure: Exception | None = None

    def _split(self) -> tuple[list, type[ExecuteOutside], list]:
        steps = list(self.autograde_preprocessors)
        place = next(place for place, step in enumerate(steps) if issubclass(step, ExecuteOutside))
        return steps[:place], steps[place], steps[place + 1:]

    def prepare(self, student: str, environment: Mapping[str, str]) -> Job:
        """What a worker needs to grade a student's submission. Raises NotGradable."""
        assignment = self.coursedir.assignment_id
        folder = self._format_source(assignment, student)
        known = {notebook.name for notebook in self.session.find_assignment(assignment).notebooks}
        handed_in = [path for path in self._notebooks(folder) if Path(path).stem in known]
        for name in [Path(path).name for path in handed_in] or [f"{name}.ipynb" for name in sorted(known)]:
            require_fit(Path(folder), name)
        self._require_date(folder)
        files = self._files(assignment, student, folder)
        if (size := sum(map(len, files.values()))) > _MAX_BYTES:
            raise NotGradable(f"the folder holds {size / 2**20:,.0f} MB: take out what is not part of the submission")
        notebooks = {Path(path).stem: self._sanitised(path) for path in handed_in}
        return Job(assignment, notebooks, files, self._settings, environment)

    def record(self, student: str, result: bytes | NotGradable) -> None:
        """Writes what came of a submission, or of the failure to grade it, as nbgrader does.

        Raises: NotGradable, with the reason; RunStopped where the machine is at fault, and nothing was recorded.
        """
        folder = self._format_source(self.coursedir.assignment_id, student)
        self.assignments = {folder: self._notebooks(folder)}
        if isinstance(result, NotGradable) and not self.assignments[folder]:
            raise result  # nbgrader passes by a folder without a notebook
        self._executed = result if isinstance(result, NotGradable) else unpack(result)
        self._failure = None
        self.writer.build_directory = ""  # it makes the directory when this changes, and it may be the same student
        try:
            with _all_in(self.session):
                self.convert_notebooks()
            self.session.settle()
        except NbGraderException as error:
            self.session.abandon()
            failure = self._failure or error
            known = result if isinstance(result, NotGradable) else _as_not_gradable(failure)
            raise machine_s_fault(failure) or known from None
        except Exception as error:
            self.session.abandon()
            raise machine_s_fault(error) or error from None

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        try:
            try:
                super().init_assignment(assignment_id, student_id)
            finally:
                self.session.settle()  # nbgrader leaves this in the gradebook, whatever becomes of the notebooks
        except Exception as failure:
            self._failure = failure
            raise

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            if isinstance(self._executed, NotGradable):
                raise self._executed
            self._sanitizing = False
            self._init_preprocessors()
            notebooks, records = self._executed
            resources = self.init_single_notebook_resources(notebook_filename)
            name = resources["nbgrader"]["notebook"]
            output, resources = self.exporter.from_notebook_node(notebooks[name], resources)
            self.write_single_notebook(output, resources)
            save(records[name], Path(self.writer.build_directory, f"{name}.ipynb"))
        except Exception as failure:
            self._failure = failure
            raise
        finally:
            self._sanitizing = True

    def init_single_notebook_resources(self, notebook_filename: str) -> dict:
        # nbgrader's own is told the path of what was submitted or of what was autograded, by `_sanitizing`.
        sanitizing, self._sanitizing = self._sanitizing, True
        try:
            return super().init_single_notebook_resources(notebook_filename)
        finally:
            self._sanitizing = sanitizing

    def _sanitised(self, path: str) -> bytes:
        try:
            self._init_preprocessors()
            with _all_in(self.session):
                output, _ = self.exporter.from_filename(path, resources=self.init_single_notebook_resources(path))
            return output.encode()
        except Exception as error:  # a file may hold anything
            raise machine_s_fault(error) or unreadable(Path(path).name, error) from error

    def _require_date(self, folder: str) -> None:
        try:
            self.coursedir.get_existing_timestamp(folder)
        except Exception:  # nbgrader itself stumbles over it
            raise NotGradable("timestamp.txt holds no date: write one, such as 2026-01-31 23:59:00 UTC, or delete the "
                              "file") from None

    def _notebooks(self, folder: str) -> list[str]:
        return sorted(glob.glob(os.path.join(glob.escape(folder), self.coursedir.notebook_id + ".ipynb")))

    def _files(self, assignment: str, student: str, folder: str) -> dict[str, bytes]:
        """What lies on disk when the submission runs: its own files, the instructor's over them, the earlier stages."""
        ignored = self.coursedir.ignore + ["*.ipynb"]
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment)
        kept = {os.path.join(source, name) for name in self.exclude_overwriting.get(assignment, [])}
        places = {f"{assignment}/{os.path.relpath(path, root)}": Path(path)
                  for root in (folder, source) for path in find_all_files(root, ignored) if path not in kept}
        places |= carried(self.coursedir, assignment, student)
        try:
            return {place: path.read_bytes() for place, path in places.items()}
        except OSError as error:
            raise unreadable(Path(error.filename).name, error) from None


def _as_not_gradable(failure: Exception) -> NotGradable:
    if isinstance(failure, NotGradable):
        return failure
    if isinstance(failure, nbformat.ValidationError):
        return unreadable("the notebook", failure)
    reason = " ".join(str(failure).split()) or type(failure).__name__
    return not_enrolled() if reason.startswith("No student with ID") else NotGradable(reason)
