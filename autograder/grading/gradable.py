"""What a submission must be before anything of it is run or copied."""

from pathlib import Path

import nbformat
from nbgrader.nbgraderformat import SchemaTooNewError, SchemaTooOldError

MAX_NOTEBOOK = 20 * 2**20
"""Bytes. A notebook of this course with all its pictures has less than two million."""


class NotGradable(Exception):
    """A submission cannot be graded; its text is one line that says why."""


def require_fit(folder: Path, name: str) -> None:
    """Raises NotGradable where the notebook is missing or too large, or anything in the folder is a link.

    nbgrader copies what a link leads to, with the instructor's rights: the gradebook, or what somebody else handed in.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise NotGradable(f"{path.relative_to(folder)} is a link, not a file: ask for the file itself")
    path = folder / name
    if not path.is_file():
        raise NotGradable(f"no {name} in the folder: ask for it, or look for it under another name")
    if path.stat().st_size > MAX_NOTEBOOK:
        raise NotGradable(f"{name} has more than {MAX_NOTEBOOK // 2**20} MiB: ask for it without its outputs")


def require_notebook(path: Path) -> None:
    """Raises NotGradable unless the file is a notebook."""
    try:
        nbformat.read(path, as_version=4)
    except Exception as error:  # a file may hold anything
        raise unreadable(path.name, error) from None


def unreadable(name: str, error: Exception) -> NotGradable:
    """Where reading the file called `name`, or looking at what it holds, ended in `error`."""
    if isinstance(error, nbformat.reader.NotJSONError | UnicodeDecodeError):
        return NotGradable(f"{name} is not a notebook (it is no JSON): ask for the file again")
    if isinstance(error, RecursionError):
        return NotGradable(f"{name} is nested without end, which no notebook is: ask for the file again")
    if isinstance(error, OSError):
        return NotGradable(f"{name} cannot be read ({error.strerror}): look at it and at its permissions")
    if isinstance(error, SchemaTooOldError | SchemaTooNewError):
        return NotGradable(f"{name} was made with another version of nbgrader: run `nbgrader update` on it")
    return NotGradable(f"{name} is not a valid notebook ({type(error).__name__}): ask for the file again")


def not_enrolled() -> NotGradable:
    """Where nbgrader is not to enrol whoever has a folder."""
    return NotGradable("not on the class list: enrol the student (`nbgrader db student add`), or rename the folder")
