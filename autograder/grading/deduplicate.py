"""Grade cells that were copied or made up, made harmless."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import DeduplicateIds, OverwriteCells


class DeduplicateCells(DeduplicateIds):
    """nbgrader's `DeduplicateIds` (the last of several wins), with the marks of the others taken off whole.

    nbgrader leaves an empty mark behind, on which its own `OverwriteCells.add_missing_cells` stumbles.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        nb, resources = super().preprocess(nb, resources)
        for cell in nb.cells:
            if cell.metadata.get("nbgrader") == {}:
                del cell.metadata["nbgrader"]
        return nb, resources


class OverwriteKnownCells(OverwriteCells):
    """nbgrader's `OverwriteCells`, with the marks of a cell that the assignment does not have taken off whole.

    nbgrader takes off only its id, and fails on what is left.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
                        ) -> tuple[NotebookNode, ResourcesDict]:
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if "grade_id" not in cell.metadata.get("nbgrader", {"grade_id": None}):
            del cell.metadata["nbgrader"]
        return cell, resources
