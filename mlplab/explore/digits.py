"""Stage 06: a pad to draw digits on, and what the student's network says of them."""

import numpy as np

from mlplab.explore.controls import Button, Given, Kept
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.ink import Stroke, as_in_mnist, inked
from mlplab.explore.network import Answers, ask
from mlplab.explore.scene import Scene, mixed
from mlplab.plots.picture import BLUE, ORANGE
from mlplab.plots.values import said

_SIZE, _PEN = 280, 24  # of the pad and its pen, in pixels
_NEAR = 3  # points of a stroke that are nearer than this to the last one are left out
_STEP = 14  # pixels, with an arrow key
_INK, _PAPER, _FAINT = "#1f1f1f", "#ffffff", "#c8c8c8"
_UNITS = 8
_ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}
_THREE = ((84, 74), (112, 50), (150, 44), (182, 62), (190, 92), (172, 120), (136, 134), (176, 144), (200, 172),
          (196, 206), (168, 232), (126, 236), (90, 216))


def _within(x: float, y: float) -> tuple[int, int]:
    return round(min(max(x, 0), _SIZE)), round(min(max(y, 0), _SIZE))


def _point(value: object) -> tuple[int, int]:
    try:
        x, y = value
        return _within(float(x), float(y))
    except (TypeError, ValueError):
        raise ValueError(f"a point of the pad is a pair (x, y) of numbers from 0 to {_SIZE}, not {value!r}") from None


def _strokes(value: object) -> list[Stroke]:
    if not isinstance(value, list | tuple) or not all(isinstance(stroke, list | tuple) and stroke for stroke in value):
        raise ValueError("strokes are a list of lists of points (x, y)")
    return [[_point(point) for point in stroke] for stroke in value]


class DigitPad(Explorable):
    """A pad for pointer, finger or keyboard, the image made of it, the probabilities and the units that answered."""

    title = "Digit pad"
    needs = ("forward", "softmax")
    controls = (Given("params"), Kept("strokes", [list(_THREE)], _strokes),
                Kept("pen", (_SIZE // 2, _SIZE // 2), _point), Kept("down", False, bool),
                Button("undo", "Undo stroke"), Button("clear", "Clear"))

    def draw(self) -> Frame:
        """Arrays: image (28, 28) as the network is shown it; probabilities (C,); units, those of the first layer that
        answered most strongly, (U,), and their activations (U,).
        """
        image = as_in_mnist(inked(self.values["strokes"], _SIZE, _PEN))
        answers = ask(self.student, self.values["params"], image.reshape(1, -1), 10)
        probabilities = answers.probabilities[0]
        units = np.argsort(-answers.first[0], kind="stable")[:_UNITS]
        units = units[answers.first[0, units] > 0]
        arrays = {"image": image, "probabilities": probabilities, "units": units,
                  "activations": answers.first[0, units]}
        best, second = np.argsort(-probabilities, kind="stable")[:2]
        if self.values["strokes"]:
            summary = (f"Your network says {best}, with probability {probabilities[best]:.3f}; then {second}, with "
                       f"{probabilities[second]:.3f}. ")
        else:
            summary = f"The pad is empty. To your network even an empty image is {best}, with probability " \
                      f"{probabilities[best]:.3f}. "
        if len(units):
            summary += (f"Unit {units[0]} of the first layer answers most strongly, with "
                        f"{said(answers.first[0, units[0]])}. ")
        x, y = self.values["pen"]
        summary += f"The pen is {'down' if self.values['down'] else 'up'}, at {x} across and {y} down."
        return Frame([self._pad(), _seen(image), _bars(probabilities, best), *_weights(answers, units)], summary,
                     arrays)

    def press(self, button: str) -> None:
        self.values["strokes"] = [] if button == "clear" else self.values["strokes"][:-1]
        self.values["down"] = False

    def point(self, panel: int, x: float, y: float, first: bool) -> None:
        self.values["down"] = False
        self._move(_within(x, y), begin=first, draws=True)

    def key(self, panel: int, key: str) -> None:
        if key in _ARROWS:
            (x, y), (dx, dy) = self.values["pen"], _ARROWS[key]
            self._move(_within(x + _STEP * dx, y + _STEP * dy), begin=False, draws=self.values["down"])
        elif key in (" ", "Enter"):
            self.values["down"] = not self.values["down"]
            self._move(self.values["pen"], begin=True, draws=self.values["down"])
        elif key in ("Backspace", "Delete"):
            self.press("undo" if key == "Backspace" else "clear")

    def _move(self, to: tuple[int, int], *, begin: bool, draws: bool) -> None:
        self.values["pen"] = to
        if not draws:
            return
        strokes = self.values["strokes"]
        if begin or not strokes:
            self.values["strokes"] = [*strokes, [to]]
        elif max(abs(a - b) for a, b in zip(to, strokes[-1][-1], strict=True)) >= _NEAR:
            self.values["strokes"] = [*strokes[:-1], [*strokes[-1], to]]

    def _pad(self) -> Scene:
        scene = Scene("Pad: draw a digit", _SIZE, _SIZE + 24, pointer=True, brush=(_INK, _PEN),
                      keys="Arrow keys move the pen, the space bar puts it down and lifts it, Backspace takes back a "
                           "stroke, Delete clears the pad.")
        scene.pixels(0, 0, _SIZE, _SIZE, mixed(inked(self.values["strokes"], _SIZE, _PEN), 0, 1, (_PAPER, _INK)))
        scene.box(0.5, 0.5, _SIZE - 1, _SIZE - 1, colour="grey")
        x, y = self.values["pen"]
        for colour, width in ((_PAPER, 4.5), (BLUE, 2)):
            scene.line([(x - 9, y), (x + 9, y)], colour, width)
            scene.line([(x, y - 9), (x, y + 9)], colour, width)
            if self.values["down"]:
                scene.circle(x, y, _PEN / 2, None, colour, width)
        scene.text(0, _SIZE + 12, "draw here, or: arrow keys, space bar", "grey", 11.5, "start")
        return scene


def _seen(image: np.ndarray) -> Scene:
    scene = Scene("What the network is shown, 28 by 28 pixels", 204, _SIZE + 24)
    scene.text(0, 8, "what the network is shown", anchor="start", bold=True)
    scene.pixels(0, 22, 168, 168, mixed(image, 0, 1, (_PAPER, _INK)), smooth=False)
    scene.box(0.5, 22.5, 167, 167, colour="grey")
    for row, text in enumerate(("28 × 28 pixels, made as MNIST's", "were: the ink fills 20 × 20, its",
                                "centre of mass is in the middle")):
        scene.text(0, 204 + 16 * row, text, "grey", 11.5, "start")
    return scene


def _bars(probabilities: np.ndarray, best: int) -> Scene:
    scene = Scene("The probability of each digit", 230, _SIZE + 24)
    scene.text(0, 8, "probability", anchor="start", bold=True)
    for digit, p in enumerate(probabilities):
        y, chosen = 34 + 26 * digit, digit == best
        scene.text(12, y, str(digit), size=13, bold=chosen)
        scene.box(26, y - 8, 130, 16, fill="soft")
        scene.box(26, y - 8, 130 * float(np.clip(p, 0, 1)), 16, fill="blue")
        scene.text(164, y, f"{p:.3f}{' ◀' if chosen else ''}", anchor="start", bold=chosen)
    return scene


def _weights(answers: Answers, units: np.ndarray) -> list[Scene]:
    """The incoming weights of the units that answered most strongly, as images, each on a scale of its own."""
    side, gap, half = 80, 10, _UNITS // 2
    scenes = []
    for heading, some in (("the first layer's weights that answered most", units[:half]),
                          ("(blue wants ink, orange wants paper)", units[half:])):
        scene = Scene("The weights of the first layer's units that answered most strongly", 350, 128)
        scene.text(0, 8, heading, anchor="start", bold=not scenes)
        for place, unit in enumerate(some):
            left, image = place * (side + gap), answers.weights[:, unit].reshape(28, 28)
            reach = np.abs(image).max() or 1
            scene.pixels(left, 22, side, side, mixed(image, -reach, reach, (ORANGE, _PAPER, BLUE)), smooth=False)
            scene.box(left + 0.5, 22.5, side - 1, side - 1, colour=_FAINT)
            scene.text(left + side / 2, 114, f"unit {unit}: {said(answers.first[0, unit])}", size=11.5)
        scenes.append(scene)
    if not len(units):
        scenes[0].text(0, 40, "none: every unit of the first layer is 0 for this image", anchor="start")
    return scenes
