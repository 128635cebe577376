"""From a learning platform's archive to `submitted/`: whose file is which, and which of several attempts counts.

nbgrader's zip collector does the rest: of one student's attempts it takes the last, copies it to its place and writes
`timestamp.txt`. What it is told here is what it otherwise works out from file names by a regular expression.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from nbgrader.api import Gradebook, Student
from nbgrader.apps import ZipCollectApp
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.utils import parse_utc, rmtree

from autograder.grading.archive import File, Refused, read
from autograder.grading.settings import open_course

# Moodle: a folder, or the beginning of a name, "Ada Lovelace_1234_assignsubmission_file_".
_MOODLE = re.compile(r"(?:.*/)?(?P<name>[^/_]+)_\d+_(?:\d+_)?assignsubmission_file_?/?(?P<file>[^/]+)")
# Canvas: "lovelaceada_LATE_1234_56789_04-backprop-1.ipynb": user, then submission; -1 is the first resubmission.
_CANVAS = re.compile(r"(?:.*/)?(?P<name>[^/_]+)_(?:LATE_)?(?P<user>\d+)_\d+_(?P<file>[^/]+)")
_COPY = re.compile(r"[-_ ]?\(?(\d+)\)?$")  # what Canvas and browsers put behind a name that there is already


@dataclass
class Collected:
    """What became of an archive.

    Attributes:
        taken: the path in the archive by student, of the attempt that counts.
        older: paths of attempts that do not count. unknown: paths of files whose student is not known.
        others: files that are no notebook of the stage. refused: entries that were not even looked at.
    """

    taken: dict[str, str] = field(default_factory=dict)
    older: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True)
class _Attempt:
    student: str
    number: int
    file: File

    @property
    def when(self) -> tuple[datetime, int]:
        return self.file.saved, self.number


def collect(root: Path, stage: str, archive: Path, names: Mapping[str, str]) -> Collected:
    """Takes a stage's notebooks from an archive (a zip, or a folder) into the course directory `root`.

    Inputs:
        names: a student by the name that stands in the archive, where the class list does not tell.
    Raises: ValueError where the archive is none.
    """
    coursedir, config = open_course(root, stage)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        roll = _Roll(gradebook.students, names)
    collected, attempts = Collected(), {}
    for entry in read(archive):
        if isinstance(entry, Refused):
            collected.refused.append(entry)
            continue
        attempt = _attempt(entry, stage, roll)
        if isinstance(attempt, _Attempt):
            attempts.setdefault(attempt.student, []).append(attempt)
        else:
            (collected.unknown if attempt == "unknown" else collected.others).append(str(entry.path))
    chosen = []
    for student, several in sorted(attempts.items()):
        *older, last = sorted(several, key=lambda attempt: attempt.when)
        before = coursedir.get_existing_timestamp(coursedir.format_path(coursedir.submitted_directory, student, stage))
        if before is not None and before > parse_utc(last.file.saved):
            older.append(last)
        else:
            chosen.append(last)
            collected.taken[student] = str(last.file.path)
        collected.older += [str(attempt.file.path) for attempt in older]
    _hand_over(root, stage, chosen)
    return collected


def _hand_over(root: Path, stage: str, attempts: Iterable[_Attempt]) -> None:
    """Lays the attempts where nbgrader's zip collector looks for what it has unpacked, and lets it go on."""
    app = ZipCollectApp(log_level="ERROR")
    app.initialize([stage, f"--CourseDirectory.root={root}"])
    app.force = True  # an earlier attempt in `submitted/` gives way
    extracted = Path(app._format_collect_path(app.extracted_directory))
    if extracted.exists():
        rmtree(str(extracted))
    app.init_plugins()
    app.collector_plugin_inst = _Told(parent=app)
    for attempt in attempts:
        path = extracted / attempt.student / f"{stage}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(attempt.file.content)
        app.collector_plugin_inst.told[str(path)] = {
            "student_id": attempt.student, "file_id": stage, "timestamp": attempt.file.saved.strftime("%F %T UTC")}
    if app.collector_plugin_inst.told:
        app.process_extracted_files()


class _Told(FileNameCollectorPlugin):
    """nbgrader's plug for whose file is which: it has been worked out before."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.told: dict[str, dict] = {}

    def collect(self, submitted_file: str) -> dict | None:
        return self.told.get(submitted_file)


def _attempt(file: File, stage: str, roll: "_Roll") -> "_Attempt | str":
    """Whose attempt at the stage a file is; "unknown" where nobody's, "other" where it is no notebook of the stage."""
    path = str(file.path)
    if match := _MOODLE.fullmatch(path):
        student, name = roll.find(match["name"]), match["file"]
    elif match := _CANVAS.fullmatch(path):
        student, name = roll.find(match["name"], match["user"]), match["file"]
    else:  # STUDENT/STAGE.ipynb, STUDENT/STAGE/STAGE.ipynb, or STUDENT_STAGE.ipynb, in whatever folder
        above = [part for part in file.path.parent.parts if part != stage]
        before, flat, _ = file.path.name.partition(f"_{stage}")
        student = roll.find(before if flat else above[-1] if above else "")
        name = file.path.name.removeprefix(f"{before}_" if flat else "")
    stem, number = PurePosixPath(name).stem, 0
    if stem != stage and (copy := _COPY.search(stem)) and stem[:copy.start()] == stage:
        stem, number = stage, int(copy[1])
    if stem != stage or PurePosixPath(name).suffix != ".ipynb":
        return "other"
    return "unknown" if student is None else _Attempt(student, number, file)


class _Roll:
    """The class list, by what an archive may call a student: id, mail address, name with the first or last in front."""

    def __init__(self, students: Iterable[Student], names: Mapping[str, str]) -> None:
        self._ids, self._users = {}, {}
        self._names: dict[str, set[str]] = {}
        for student in students:
            self._ids[student.id] = student.id
            if student.lms_user_id:
                self._users[student.lms_user_id] = student.id
            first, last = student.first_name or "", student.last_name or ""
            for name in {_plain(name) for name in (student.id, student.email or "", first + last, last + first)} - {""}:
                self._names.setdefault(name, set()).add(student.id)
        self._names |= {_plain(name): {student} for name, student in names.items()}

    def find(self, name: str, user: str | None = None) -> str | None:
        """The student of that name, or of that number on the platform; None where there is none, or more than one."""
        if found := self._users.get(user) or self._ids.get(name):
            return found
        found = self._names.get(_plain(name), set())
        return next(iter(found)) if len(found) == 1 else None


def _plain(name: str) -> str:
    """A name without accents, capitals, spaces and marks, as Canvas writes it."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())
