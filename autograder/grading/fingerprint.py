"""The hash of all that decides a submission's grade: while it stays the same, there is nothing to grade again."""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.utils import find_all_files
from traitlets.config import Config

import autograder
import mlplab
from autograder.grading.workspace import carried
from mlplab.exercises import STAGES

_PACKAGES = {"autograder": Path(autograder.__file__).parent, "mlplab": Path(mlplab.__file__).parent}


class Fingerprints:
    """The keys of the submissions of one stage.

    Inputs:
        converter: whose course directory and configuration count.
        options: of the run, as far as they show in what is recorded.
    """

    def __init__(self, converter: Autograde, gradebook: Gradebook, options: str = "") -> None:
        self._converter, self._coursedir = converter, converter.coursedir
        self._stage = self._coursedir.assignment_id
        assignment = gradebook.find_assignment(self._stage)
        cells = [(notebook.name, notebook.kernelspec, cell.name, cell.cell_type, cell.source, cell.locked)
                 for notebook in assignment.notebooks for cell in notebook.source_cells]
        points = [(notebook.name, cell.name, cell.max_score) for notebook in assignment.notebooks
                  for cell in [*notebook.grade_cells, *notebook.task_cells]]
        source = self._coursedir.format_path(self._coursedir.source_directory, ".", self._stage)
        self._shared = _digest([
            ("cells", repr(sorted(cells, key=repr))), ("points", repr(sorted(points, key=repr))),
            ("due", str(assignment.duedate)), ("configuration", _plain(converter.config)), ("options", options),
            *self._other_files(source), *code(self._stage)])
        self._extensions = {submission.student_id: submission.extension for submission in assignment.submissions}

    def of(self, student: str) -> str:
        """A student's key. A file that cannot be read counts by its name: reading it again may go better."""
        folder = self._coursedir.format_path(self._coursedir.submitted_directory, student, self._stage)
        parts = [("shared", self._shared), ("extension", str(self._extensions.get(student)))]
        parts += self._other_files(folder)
        parts += [(path.name, _bytes(path)) for path in sorted(Path(folder).glob("*.ipynb"))]
        parts += [(place, _sources(path)) for place, path in carried(self._coursedir, self._stage, student).items()]
        return _digest(parts)

    def _other_files(self, folder: str) -> Iterator[tuple[str, bytes]]:
        for path in sorted(find_all_files(folder, self._coursedir.ignore + ["*.ipynb"])):
            yield str(Path(path).relative_to(folder)), _bytes(Path(path))


def code(stage: str) -> list[tuple[str, bytes]]:
    """Our own modules on which a stage's grades depend: its checks, its casebook, and what those import."""
    if stage not in STAGES:
        return []
    module = STAGES[stage].module
    found: set[str] = set()
    pending = [f"autograder.checks.{module}", f"autograder.misconceptions.{module}", f"mlplab.checks.{module}",
               "mlplab.lab", "mlplab.plots"]
    while pending:
        name = pending.pop()
        if name not in found and _path(name) is not None:
            found.add(name)
            pending += _imports(name)
    return [(name, _path(name).read_bytes()) for name in sorted(found)]


@cache
def _imports(module: str) -> frozenset[str]:
    """What a module imports of ours, by absolute names; a name in `from a import b` may be a module too."""
    names = set()
    for node in ast.walk(ast.parse(_path(module).read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(name for name in names if name.split(".")[0] in _PACKAGES)


def _path(module: str) -> Path | None:
    package, *rest = module.split(".")
    place = _PACKAGES[package].joinpath(*rest)
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.exists():
            return path
    return None


def _sources(path: Path) -> bytes:
    """What `lab.carry` reads of a notebook: outputs do not matter to it, and may differ from run to run."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return repr([(cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("nbgrader", {}).get("solution"))
                     for cell in cells]).encode("utf-8", "surrogatepass")
    except Exception:  # a file may hold anything
        return _bytes(path)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _plain(config: Config) -> str:
    # A function's repr holds its address, which is another one in each run.
    return json.dumps(config, sort_keys=True, default=lambda value: getattr(value, "__qualname__", repr(value)))


def _digest(parts: Iterable[tuple[str, str | bytes]]) -> str:
    digest = hashlib.sha256()
    for name, content in parts:
        content = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        digest.update(f"{len(name)} {len(content)} {name}".encode("utf-8", "surrogatepass"))
        digest.update(content)
    return digest.hexdigest()
