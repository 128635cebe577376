"""`autograder collect` and `autograder export`: from a learning platform, and back to it."""

from collections.abc import Mapping
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from rich.console import Console

from autograder.grading.archive import Refused
from autograder.grading.collect import collect
from autograder.grading.exports import CanvasExport, MoodleExport
from autograder.grading.settings import open_course

_EXPORTS = {"grades.csv": CsvExportPlugin, MoodleExport.default: MoodleExport, CanvasExport.default: CanvasExport}


def collect_archive(root: Path, stage: str, archive: Path, names: Mapping[str, str], console: Console) -> bool:
    """Collects, and prints a line for all that was not taken; returns whether everything has found its place."""
    collected = collect(root, stage, archive, names)

    def say(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True, markup=False)

    for path in collected.older:
        say(f"an earlier attempt, left out: {path}")
    for path in collected.others:
        say(f"no notebook of this stage, left out: {path}")
    for path in collected.unknown:
        say(f"whose is it? {path}")
    for refused in collected.refused:
        say(_refusal(refused))
    say(f"{len(collected.taken)} collected, {len(collected.unknown)} of unknown students, "
        f"{len(collected.refused)} refused.")
    if collected.unknown:
        say("Enrol them (`nbgrader db student add`, with names as in the archive), or say whose a name is with "
            '`--name "NAME=STUDENT"`, and collect again.')
    return not collected.unknown and not collected.refused


def _refusal(refused: Refused) -> str:
    visible = refused.name.encode("unicode_escape").decode() if not refused.name.isprintable() else refused.name
    return f"refused: {visible}: {refused.reason}"


def export_grades(root: Path, folder: Path, stages: list[str]) -> list[Path]:
    """Writes the grades as nbgrader does, and as Moodle and Canvas take them; returns the files."""
    coursedir, config = open_course(root, "")
    written = []
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        for name, plugin in _EXPORTS.items():
            plugin(config=config, to=str(folder / name), assignment=stages).export(gradebook)
            written.append(folder / name)
    return written
