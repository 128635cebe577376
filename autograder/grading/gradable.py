"""What a submission must be before anything of it is run or copied."""

from pathlib import Path

import nbformat

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
    except (nbformat.reader.NotJSONError, UnicodeDecodeError):
        raise NotGradable(f"{path.name} is not a notebook (it is no JSON): ask for the file again") from None
    except RecursionError:
        raise NotGradable(f"{path.name} is nested without end, which no notebook is: ask for the file again") from None
    except (nbformat.ValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotGradable(f"{path.name} is not a valid notebook ({type(error).__name__}): ask for the file again"
                          ) from None
