"""Notebooks as files: their canonical form, and finding a cell by its grade_id."""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def canonical(notebook: NotebookNode, *, keep_outputs: bool) -> str:
    """The one form in which a notebook is kept, so that a change shows as a change.

    Keys sorted, fixed metadata, cell ids that say what the cell is (the grade_id, else the id it has, else its place),
    no outputs and no execution counts; or, where the outputs are to be kept, the counts of one run from the top.
    """
    notebook = nbformat.from_dict(notebook)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(_METADATA)
    taken: set[str] = set()
    runs = 0
    for number, cell in enumerate(notebook.cells, start=1):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        wanted = re.sub(r"[^A-Za-z0-9_-]", "-", grade_id or cell.get("id") or f"cell-{number:03}")[:64]
        cell.id = wanted if wanted not in taken else f"{wanted[:58]}-{number}"
        taken.add(cell.id)
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in ("nbgrader", "tags")})
        if cell.cell_type == "code":
            runs += bool(cell.source.strip())
            cell.execution_count = runs if keep_outputs and cell.source.strip() else None
            if not keep_outputs:
                cell.outputs = []
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = cell.execution_count
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def make_canonical(path: Path, *, keep_outputs: bool, check: bool = False) -> bool:
    """Brings a notebook file into canonical form (or, with `check`, leaves it); returns whether it was already."""
    text = path.read_text(encoding="utf-8")
    wanted = canonical(nbformat.reads(text, as_version=4), keep_outputs=keep_outputs)
    if text != wanted and not check:
        path.write_text(wanted, encoding="utf-8")
    return text == wanted


def find_cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    """The cell with that grade_id; KeyError where there is none."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            return cell
    raise KeyError(f"no cell has the grade_id {grade_id!r}")
