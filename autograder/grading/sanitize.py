"""Steps that make harmless what comes from a student's process before somebody opens it in a browser.

Formgrader shows a submission to an instructor who is logged in, the feedback page shows it to the student.
"""

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, List

from autograder.grading.safe_html import sanitize

_MIME_TYPES = {"text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "image/svg+xml"}
"""What an output may hold. nbconvert shows an SVG as a picture, in which no script runs."""

_NOTHING_LEFT = {"text/plain": "Not shown here: an output that would have to run in the page."}

_NOT_SHOWN = ("What was printed here is not shown: hidden tests ran in this notebook, in this cell or before it, and "
              "the output could tell what they are.")


class SanitizeOutputs(Preprocessor):
    """Keeps of every output the kinds that a page can show without running anything."""

    enabled = Bool(True, help="Whether to use this step; on, as nbgrader's are.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        # What else may stand here (widgets' states, a language for the lexer) is the student's word.
        nb.metadata = {key: value for key, value in nb.metadata.items() if key == "kernelspec"}
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
                        ) -> tuple[NotebookNode, ResourcesDict]:
        for output in cell.get("outputs", []):
            if "data" in output:
                kept = {mime: _text(content) for mime, content in output.data.items() if mime in _MIME_TYPES}
                output.data = kept or _NOTHING_LEFT
                output.metadata = {mime: _sizes(value) for mime, value in output.metadata.items()
                                   if mime in output.data and isinstance(value, dict)}
                if "text/html" in output.data:
                    output.data["text/html"] = sanitize(output.data["text/html"])
        return cell, resources


class SanitizePage(SanitizeOutputs):
    """The same for a page that is made of a notebook, of whatever origin; and what else its template takes in."""

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
                        ) -> tuple[NotebookNode, ResourcesDict]:
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        # A tag would become a class of the page's own style sheet, a language the lexer's.
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "nbgrader"}
        for output in cell.get("outputs", []):
            if "text/latex" in output.get("data", {}):  # formulas are made from Markdown
                output.data.setdefault("text/markdown", output.data.pop("text/latex"))
        return cell, resources


class HideHiddenTests(ClearHiddenTests):
    """Takes the hidden tests that an instructor wrote the stock way out of a feedback page.

    They ran in the student's process. From there on whatever it shows may hold their text or their values: a
    traceback quotes the lines, a function can remember its arguments, a later cell can print them. So no output
    is shown from there on. (Our own hidden checks never enter the student's process.)
    """

    display_data_priority = List().tag(config=True)  # without the tag the exporter's setting would cause a warning

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        self._met = False
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
                        ) -> tuple[NotebookNode, ResourcesDict]:
        if is_grade(cell) and not is_solution(cell):  # the instructor's own; in another the words are the student's
            source = cell.source
            cell, resources = super().preprocess_cell(cell, resources, cell_index)
            self._met = self._met or cell.source != source
        if self._met and cell.get("outputs"):
            cell.outputs = [NotebookNode(output_type="stream", name="stdout", text=_NOT_SHOWN)]
        return cell, resources


def _text(content: object) -> str:
    """nbformat takes a list of lines too."""
    return "".join(content) if isinstance(content, list) else content


def _sizes(metadata: dict) -> dict:
    """Of a picture's metadata what the template needs; it puts the sizes into the page without quotation marks."""
    sizes = {key: metadata[key] for key in ("width", "height") if isinstance(metadata.get(key), int)}
    return sizes | ({"alt": metadata["alt"]} if isinstance(metadata.get("alt"), str) else {})
