"""Stage 07: the images behind each cell of the confusion matrix."""

import numpy as np

from mlplab.data import FASHION_CLASSES
from mlplab.explore.controls import Choice, Given
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.network import ask
from mlplab.explore.scene import Scene, mixed
from mlplab.plots.picture import BLUE, ORANGE
from mlplab.plots.values import NoPicture, numbers

_N = len(FASHION_CLASSES)
_LEFT, _TOP, _CELL = 74, 92, 28  # pixels: where the matrix begins, and a cell's side
_SHOWN, _COLUMNS, _TILE = 15, 5, 62
_RIGHT, _WRONG = ("#ffffff", BLUE), ("#ffffff", ORANGE)
_ARROWS = {"ArrowLeft": (0, -1), "ArrowRight": (0, 1), "ArrowUp": (-1, 0), "ArrowDown": (1, 0)}
_INK, _FAINT = "#1f1f1f", "#c8c8c8"
_MOST_FIRST, _LEAST_FIRST = "the most confident", "the least confident"


class Gallery(Explorable):
    """The confusion matrix of the student's network, and the images of the cell that was chosen, with their p."""

    title = "Gallery of confident mistakes"
    needs = ("forward", "softmax", "confusion_matrix")
    controls = (
        Given("images"), Given("labels"), Given("params"),
        Choice("true", "true class", FASHION_CLASSES, "shirt"),
        Choice("said", "network says", FASHION_CLASSES, "T-shirt/top"),
        Choice("first", "first", (_MOST_FIRST, _LEAST_FIRST), _MOST_FIRST),
    )

    def draw(self) -> Frame:
        """Arrays: confusion (C, C); rows, which of the images belong into the cell, in the order shown (M,), and the
        probability that each was given of being what the network says (M,).
        """
        images, labels = _labelled(self.values["images"], self.values["labels"])
        probabilities = ask(self.student, self.values["params"], images, _N).probabilities
        decisions = np.argmax(probabilities, axis=1)
        confusion = numbers(self.student.confusion_matrix(labels, decisions, _N), "`confusion_matrix`", (_N, _N))
        row, column = self._cell()
        members = np.flatnonzero((labels == row) & (decisions == column))
        sure = probabilities[members, column]
        order = np.argsort(-sure if self.values["first"] == _MOST_FIRST else sure, kind="stable")
        arrays = {"confusion": confusion, "rows": members[order], "sure": sure[order]}
        tiles = images[arrays["rows"][:_SHOWN]]
        return Frame([self._matrix(confusion, row, column), self._images(tiles, arrays)],
                     self._summary(arrays, row, column), arrays)

    def point(self, panel: int, x: float, y: float, first: bool) -> None:
        self._choose(int((y - _TOP) // _CELL), int((x - _LEFT) // _CELL))

    def key(self, panel: int, key: str) -> None:
        if key in _ARROWS:
            (row, column), (down, across) = self._cell(), _ARROWS[key]
            self._choose(row + down, column + across)

    def _cell(self) -> tuple[int, int]:
        return FASHION_CLASSES.index(self.values["true"]), FASHION_CLASSES.index(self.values["said"])

    def _choose(self, row: int, column: int) -> None:
        """The cell, or the nearest one in the matrix."""
        self.values["true"], self.values["said"] = (FASHION_CLASSES[min(max(k, 0), _N - 1)] for k in (row, column))

    def _summary(self, arrays: dict, row: int, column: int) -> str:
        count, there_are = len(arrays["rows"]), arrays["confusion"][row].sum()
        true, said = FASHION_CLASSES[row], FASHION_CLASSES[column]
        what = "rightly taken for" if row == column else "taken for"
        summary = f"True class {true}, network says {said}: {count} of {there_are:.0f} images were {what} it."
        if arrays["confusion"][row, column] != count:
            summary += f" Your matrix says {arrays['confusion'][row, column]:g} in this cell: the two differ (≠)."
        if count:
            summary += (f" Shown: {min(count, _SHOWN)}, {self.values['first']} first, from p = {arrays['sure'][0]:.2f} "
                        f"to {arrays['sure'][:_SHOWN][-1]:.2f}.")
        return summary

    def _matrix(self, confusion: np.ndarray, row: int, column: int) -> Scene:
        scene = Scene("Confusion matrix, rows true, columns what the network says", 400, 376, pointer=True,
                      keys="Arrow keys move from cell to cell.")
        share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
        # Mistakes are fewer: they get a stronger shade for the same share. Ink stays legible on both.
        right, wrong = mixed(share, 0, 2.0, _RIGHT), mixed(share, 0, 0.7, _WRONG)
        for (i, j), count in np.ndenumerate(confusion):
            x, y = _LEFT + _CELL * j, _TOP + _CELL * i
            red, green, blue = (right if i == j else wrong)[i, j]
            scene.box(x, y, _CELL, _CELL, f"#{red:02x}{green:02x}{blue:02x}", _FAINT, 0.8)
            if count:
                scene.text(x + _CELL / 2, y + _CELL / 2, f"{count:g}", _INK, 11.5)
        for k, name in enumerate(FASHION_CLASSES):
            middle = _CELL * (k + 0.5)
            scene.text(_LEFT - 6, _TOP + middle, name, "ink", 11.5, "end", bold=k == row)
            # Side by side names would overlap: each begins above its column, a line lower than the one before.
            height = 12 + 15 * (k % 5)
            scene.line([(_LEFT + middle, height + 8), (_LEFT + middle, _TOP - 2)], "grid", 1)
            scene.text(_LEFT + middle - 4, height, name, "ink", 11.5, "start", bold=k == column)
        x, y = _LEFT + _CELL * column, _TOP + _CELL * row
        scene.box(x, y, _CELL, _CELL, colour="#ffffff", line=5)
        scene.box(x, y, _CELL, _CELL, colour=_INK, line=2.5)
        return scene

    def _images(self, tiles: np.ndarray, arrays: dict) -> Scene:
        count = len(arrays["rows"])
        scene = Scene(f"{len(tiles)} images of the cell", 326, 376)
        scene.text(0, 10, f"{self.values['true']}, network says {self.values['said']}", anchor="start", bold=True)
        scene.text(0, 29, f"{len(tiles)} of {count}" if count else "no such image", "grey", 11.5, "start")
        for place, (image, p) in enumerate(zip(tiles, arrays["sure"], strict=False)):
            row, column = divmod(place, _COLUMNS)
            x, y = (_TILE + 4) * column, 44 + (_TILE + 24) * row
            scene.pixels(x, y, _TILE, _TILE, mixed(image.reshape(28, 28), 0, 1, ("#ffffff", _INK)), smooth=False)
            scene.box(x, y, _TILE, _TILE, colour=_FAINT)
            scene.text(x + _TILE / 2, y + _TILE + 10, f"p = {p:.2f}", size=11.5)
        return scene


def _labelled(images: object, labels: object) -> tuple[np.ndarray, np.ndarray]:
    """The images (N, 784), in the floats they have, and labels (N,) that were handed over. Raises: NoPicture."""
    if images is None or labels is None:
        raise NoPicture("there is nothing to show yet: hand over `images=…` and `labels=…`.")
    checked = numbers(images, "the matrix of images", ("N", 784))
    labels = numbers(labels, "the array of labels", (len(checked),))
    if not np.isin(labels, np.arange(_N)).all():
        raise NoPicture(f"the labels are whole numbers from 0 to {_N - 1}.")
    return np.asarray(images), labels.astype(int)
