"""A copied grade cell, made harmless."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import DeduplicateIds


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
