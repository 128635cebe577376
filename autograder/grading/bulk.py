"""The submissions of a stage, graded: planned, executed by workers, recorded by one recorder, kept account of.

This process plans, prepares and keeps the journal. Workers execute, the recorder writes the gradebook and
`autograded/`. Any of them, and this one too, may be killed at any moment: see `journal`.
"""

import math
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path

from nbgrader.api import MissingEntry
from traitlets.config import Config

from autograder.grading.autograde import BulkAutograde
from autograder.grading.crew import Done, Hand
from autograder.grading.faults import RunStopped, machine_s_fault
from autograder.grading.fingerprint import Fingerprints
from autograder.grading.gradable import NotGradable
from autograder.grading.journal import MAX_ATTEMPTS, Journal, JournalBusy
from autograder.grading.settings import open_course
from autograder.grading.worker import grade

_JOURNAL = "gradebook.journal.db"
_CLOCK_JUMP = 60  # seconds


@dataclass
class Report:
    """What became of a stage.

    Attributes:
        graded: students graded in this run; kept: those that there was nothing to do about.
        not_gradable, failed: the reason by student; the first lies in the submission, the second with us.
        seconds: how long it took.
        stopped: why the run could not go on, where that is so. notes: what else the grader should know.
    """

    stage: str
    graded: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    not_gradable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def exit_status(self) -> int:
        """0: all is graded. 1: some are not gradable. 3: something is our fault (2 stands for a wrong command)."""
        return 3 if self.stopped or self.failed else 1 if self.not_gradable else 0


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        students: whom; everybody if empty. force: again, though nothing has changed.
        plots: whether the notebooks draw their pictures. workers: how many; as many as cores if None.
        changes: nbgrader configuration that is to hold whatever the course's files say.
    """

    students: tuple[str, ...] = ()
    force: bool = False
    plots: bool = True
    workers: int | None = None
    changes: Config = field(default_factory=Config)


def grade_stage(root: Path, stage: str, options: Options, tell: Callable[[int, int], None] = lambda done, of: None
                ) -> Report:
    """Grades what there is to grade of a stage.

    Inputs:
        root: the course directory.
        tell: called with how many submissions have come to an end, of how many.
    """
    report = Report(stage)
    started, clock = time.monotonic(), time.time() - time.monotonic()
    try:
        with Journal(root / _JOURNAL) as journal:
            _Run(root, stage, options, journal, report, tell).run()
    except JournalBusy:
        report.stopped = "Another `autograder grade` is at work in this course: wait for it, or end it."
    except RunStopped as reason:
        report.stopped = str(reason)
    except Exception as error:
        if (reason := machine_s_fault(error)) is None:
            raise
        report.stopped = str(reason)
    report.seconds = time.monotonic() - started
    if abs(time.time() - time.monotonic() - clock) > _CLOCK_JUMP:
        report.notes.append("The clock of this machine was changed during the run. Nothing here depends on it; check "
                            "the times of submissions that were collected meanwhile.")
    return report


class _Run:
    """One run. Everything that waits is in `_waiting` (to be executed) or `_unrecorded`; the journal has it too."""

    def __init__(self, root: Path, stage: str, options: Options, journal: Journal, report: Report, tell: Callable
                 ) -> None:
        self._root, self._stage, self._options = root, stage, options
        self._journal, self._report, self._tell = journal, report, tell
        coursedir, config = open_course(root, stage, options.changes)
        self._converter = BulkAutograde(coursedir, config)
        self._environment = {} if options.plots else {"MLPLAB_PLOTS": "skip"}
        self._waiting: deque[str] = deque()
        self._unrecorded: deque[str] = deque()
        self._tokens: dict[str, str] = {}
        self._recordings: dict[str, int] = {}
        self._total = 0

    def run(self) -> None:
        try:
            self._plan()
            self._total = len(self._waiting) + len(self._unrecorded)
            self._tell(0, self._total)
            if self._total:
                self._work()
        finally:
            self._converter.session.shut()

    def _plan(self) -> None:
        """Decides what is to be done, and stores it before anything is."""
        gradebook = self._converter.session
        try:
            fingerprints = Fingerprints(self._converter, gradebook, f"plots {self._options.plots}")
        except MissingEntry:
            raise RunStopped(f"{self._stage} is not in the gradebook: run `nbgrader generate_assignment {self._stage}`"
                             ) from None
        recorded = {submission.student_id for submission in gradebook.assignment_submissions(self._stage)}
        entries, new = self._journal.entries(self._stage), []
        handed_in = self._handed_in()
        self._report.notes += [f"{student} has handed in nothing for {self._stage}."
                               for student in self._options.students if student not in handed_in]
        for student in handed_in:
            key, entry = fingerprints.of(student), entries.get(student)
            if not self._options.force and entry is not None and entry.key == key:
                if entry.state == "executed":
                    self._unrecorded.append(student)
                    continue
                if entry.state == "graded" and student in recorded and self._autograded(student).exists():
                    self._report.kept.append(student)
                    continue
            new.append((student, key))
        self._journal.enqueue(self._stage, new)
        self._waiting.extend(student for student, _ in new)

    def _handed_in(self) -> list[str]:
        coursedir = self._converter.coursedir
        pattern = coursedir.format_path(coursedir.submitted_directory, "*", self._stage)
        place = Path(pattern).parts.index("*")
        students = sorted(path.parts[place] for path in Path("/").glob(str(Path(pattern).relative_to("/"))))
        unwanted = coursedir.student_id_exclude.split(",")
        wanted = self._options.students
        return [student for student in students if student not in unwanted and (not wanted or student in wanted)]

    def _autograded(self, student: str) -> Path:
        coursedir = self._converter.coursedir
        return Path(coursedir.format_path(coursedir.autograded_directory, student, self._stage))

    def _work(self) -> None:
        count = min(self._options.workers or os.cpu_count(), max(1, len(self._waiting)))
        recorder = Hand(make_recorder, self._root, self._stage, self._options.changes,
                        errors=(NotGradable, RunStopped))
        workers = [Hand(make_worker, errors=(RunStopped,)) for _ in range(count if self._waiting else 0)]
        try:
            while True:
                for worker in workers:
                    while worker.task is None and self._waiting:
                        self._hand_out(worker, self._waiting.popleft())
                if recorder.task is None and self._unrecorded:
                    student = self._unrecorded.popleft()
                    recorder.give(student, (student, *self._journal.result(self._stage, student)))
                busy = {hand.connection: hand for hand in (*workers, recorder) if hand.task is not None}
                if not busy:
                    return
                for connection in wait(list(busy)):
                    hand = busy[connection]
                    self._take_up(hand.task, hand.take(), hand is recorder)
        finally:
            for hand in (*workers, recorder):
                hand.close()

    def _hand_out(self, worker: Hand, student: str) -> None:
        token = self._journal.begin(self._stage, student)
        if token is None:
            self._fail(student, f"it brought down its worker {MAX_ATTEMPTS} times")
            return
        self._tokens[student] = token
        try:
            job = self._converter.prepare(student, self._environment)
        except NotGradable as reason:
            self._executed(student, None, str(reason))
        else:
            worker.give(student, job.pack())

    def _take_up(self, student: str, done: Done, from_recorder: bool) -> None:
        if isinstance(done.error, RunStopped):
            raise done.error
        if from_recorder:
            self._recorded(student, done)
        elif done.died:
            self._waiting.append(student)
        elif done.error is not None:
            self._report.notes.append(f"{student}: {done.error}; tried again")
            self._waiting.append(student)
        else:
            self._executed(student, done.value, None)

    def _executed(self, student: str, result: bytes | None, reason: str | None) -> None:
        if self._journal.executed(self._stage, student, self._tokens.pop(student), result, reason):
            self._unrecorded.append(student)

    def _recorded(self, student: str, done: Done) -> None:
        if isinstance(done.error, NotGradable):
            self._journal.not_gradable(self._stage, student, str(done.error))
            self._report.not_gradable[student] = str(done.error)
        elif done.died or done.error is not None:
            self._recordings[student] = self._recordings.get(student, 0) + 1
            if self._recordings[student] < MAX_ATTEMPTS:
                self._unrecorded.append(student)
                return
            self._fail(student, f"it could not be recorded ({done.error or 'the recorder died'})")
            return
        else:
            self._journal.graded(self._stage, student)
            self._report.graded.append(student)
        self._advance()

    def _fail(self, student: str, reason: str) -> None:
        self._journal.failed(self._stage, student, reason)
        self._report.failed[student] = reason
        self._advance()

    def _advance(self) -> None:
        ended = len(self._report.graded) + len(self._report.not_gradable) + len(self._report.failed)
        self._tell(ended, self._total)


def make_worker() -> Callable[[bytes], bytes]:
    """What a worker's process runs: `worker.grade`, which a fault of the machine's ends for all."""

    def work(job: bytes) -> bytes:
        try:
            return grade(job)
        except Exception as error:
            raise machine_s_fault(error) or error from None

    return work


def make_recorder(root: Path, stage: str, changes: Config) -> Callable[[tuple], None]:
    """What the recorder's process runs: (student, result, reason) → None; see `BulkAutograde.record`."""
    converter = BulkAutograde(*open_course(root, stage, changes))
    converter.session.analyze()
    count = 0

    def record(task: tuple[str, bytes | None, str | None]) -> None:
        nonlocal count
        student, result, reason = task
        converter.record(student, NotGradable(reason) if result is None else result)
        count += 1
        if math.log2(count).is_integer():  # the tables have grown as much as they had
            converter.session.analyze()

    return record
