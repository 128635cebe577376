"""Stage 03: the loss over two weights, and a ball that rolls against the gradient."""

import contourpy
import numpy as np

from mlplab.explore.controls import Button, Choice, Kept, Slider
from mlplab.explore.drawing import X_XOR, Y_XOR, Axes, answers, weight_names
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.scene import Scene, mixed
from mlplab.gradcheck import central_differences
from mlplab.plots.values import NoPicture, numbers, pair, said

_NAMES = weight_names(2, 3)
# A network that has learned XOR, trained from seed 0 as in stage 05 and rounded; all but two weights stay there.
_TRAINED = np.array([-1.1, 4.4, 0.7, -0.4, 4.5, 0.9, 1.3, 4.9, -6.2])
_SPAN = (-8.0, 8.0)
_GRID = 25
_DEPTHS = ("#cfe0ec", "#f7f7f7", "#f6ddcf")
_LEVELS = (0.01, 0.05, 0.125, 0.3, 0.6, 1, 2, 4, 8, 16)
_TOLD = (0.05, 0.3, 1, 4, 16)
_INK, _WHITE = "#1f1f1f", "#ffffff"


def _trail(value: object) -> list[tuple[float, float]]:
    """The places where the ball has been."""
    try:
        return [(float(a), float(b)) for a, b in value]
    except (TypeError, ValueError):
        raise ValueError(f"trail is a list of pairs of numbers, not {value!r}") from None


class LossLandscape(Explorable):
    """Contours of the loss over two weights, slices along both through the ball, and the ball's way."""

    title = "Loss landscape"
    needs = ("sigmoid", "forward_pass", "mse", "mse_gradient")
    controls = (
        Choice("across", "across", tuple(_NAMES), "w1_12"),
        Choice("up", "up", tuple(_NAMES), "w2_3"),
        Slider("a", "ball, across", *_SPAN, 0.001, -1.0),
        Slider("b", "ball, up", *_SPAN, 0.001, -1.0),
        Slider("step", "step size", 0.1, 5, 0.1, 0.5),
        Button("one", "One step"), Button("play", "Roll"), Button("back", "Back to the start"),
        Kept("trail", [], _trail),
    )

    def draw(self) -> Frame:
        """Arrays: axis (G,); loss (G, G), a row for each value of the weight upwards; at_ball, the loss there; gradient
        (2,) by the chain of `mse_gradient`, numerical (2,) of `mse`; slices (2, G), across and up through the ball."""
        across, up, ball = self.values["across"], self.values["up"], self._ball()
        if across == up:
            raise NoPicture("The two weights are the same: choose another one for across or up.")
        axis = np.linspace(*_SPAN, _GRID)
        arrays = {
            "axis": axis, "loss": self._landscape(across, up, axis), "at_ball": self._loss(ball),
            "gradient": self._gradient(ball), "numerical": central_differences(self._loss, ball),
            "slices": np.array([[self._loss(np.array([at, ball[1]])) for at in axis],
                                [self._loss(np.array([ball[0], at])) for at in axis]])}
        differs = np.abs(arrays["gradient"] - arrays["numerical"]).max() > 1e-5
        verdict = "They differ (≠): is your mse_gradient the slope of your mse?" if differs else "They agree."
        steps = len(self.values["trail"])
        yours, numerical = (f"({said(slopes[0])}, {said(slopes[1])})"
                            for slopes in (arrays["gradient"], arrays["numerical"]))
        summary = (f"At {across} = {said(ball[0])} and {up} = {said(ball[1])} the loss is {said(arrays['at_ball'])}. "
                   f"Your gradient is {yours}, the numerical one {numerical}. {verdict} "
                   f"{steps} step{'' if steps == 1 else 's'} taken.")
        return Frame([self._map(arrays), self._slices(arrays)], summary, arrays)

    def set(self, name: str, value: object) -> None:
        super().set(name, value)
        if self.frame.panels and name in ("across", "up", "a", "b"):
            self.values["trail"] = []

    def press(self, button: str) -> None:
        if button == "one":
            self._roll()
        elif button == "play":
            self.playing = not self.playing
        else:
            self.playing = False
            if trail := self.values["trail"]:
                (self.values["a"], self.values["b"]), self.values["trail"] = trail[0], []

    def tick(self, count: int) -> None:
        for _ in range(count):
            self._roll()

    def point(self, panel: int, x: float, y: float, first: bool) -> None:
        a, b = self._axes.value_at(x, y)
        self.set("a", a)
        self.set("b", b)

    def labels(self) -> dict[str, str]:
        return {"play": "Stop" if self.playing else "Roll"}

    def _ball(self) -> np.ndarray:
        return np.array([self.values["a"], self.values["b"]])

    def _roll(self) -> None:
        """One step against the gradient; at the edge of the map, or where it is level, the ball stops."""
        ball = self._ball()
        there = np.clip(ball - self.values["step"] * self._gradient(ball), *_SPAN).round(3)
        if np.abs(there - ball).max() < 1e-3:
            self.playing = False
            return
        self.values["trail"] = [*self.values["trail"], tuple(ball.tolist())]
        self.values["a"], self.values["b"] = there.tolist()

    def _weights(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weights = _TRAINED.copy()
        weights[[_NAMES.index(self.values["across"]), _NAMES.index(self.values["up"])]] = place
        return weights[:6].reshape(2, 3), weights[6:].reshape(3, 1)

    def _loss(self, place: np.ndarray) -> float:
        """The student's loss with the two weights at a place (2,)."""
        _, y_hat = answers(self.student, X_XOR, *self._weights(place))
        _, error = pair(self.student.mse(y_hat, Y_XOR), "what `mse` returns", "residual, error")
        return float(numbers(error, "the error of `mse`").reshape(-1)[0])

    def _gradient(self, place: np.ndarray) -> np.ndarray:
        """The loss by the two weights (2,): the student's ∂L/∂ŷ, times how far each ŷ moves with a weight.

        The second factor is measured, since stage 04 has not been reached.
        """
        _, y_hat = answers(self.student, X_XOR, *self._weights(place))
        by_answer = numbers(self.student.mse_gradient(y_hat, Y_XOR), "`mse_gradient`", Y_XOR.shape)
        return central_differences(
            lambda at: float((by_answer * answers(self.student, X_XOR, *self._weights(at))[1]).sum()), place)

    def _landscape(self, across: str, up: str, axis: np.ndarray) -> np.ndarray:
        """The loss on the grid; it is kept until another weight is chosen or a function is written anew."""
        key = (across, up, *self.student._now("forward_pass", "mse", "sigmoid", "dense"))
        if getattr(self, "_known", None) != key:
            self._kept = np.array([[self._loss(np.array([a, b])) for a in axis] for b in axis])
            self._known = key
        return self._kept

    def _map(self, arrays: dict) -> Scene:
        across, up = self.values["across"], self.values["up"]
        scene = Scene(f"The loss over {across} and {up}, with the ball and its way", 350, 340, pointer=True)
        self._axes = axes = Axes(scene, (40, 28, 280, 280), _SPAN, _SPAN,
                                 title=f"loss over {across} and {up}")
        scene.pixels(axes.left, axes.top, axes.width, axes.height,
                     mixed(np.log10(arrays["loss"][::-1] + 1e-3), -2, 1, _DEPTHS))
        contours = contourpy.contour_generator(arrays["axis"], arrays["axis"], arrays["loss"])
        for level in _LEVELS:
            for piece in contours.lines(level):
                scene.line(np.column_stack(axes.at(piece[:, 0], piece[:, 1])), _INK, 0.8)
                if level in _TOLD and len(piece) > _GRID / 2:
                    x, y = axes.at(*piece[len(piece) // 4])
                    scene.text(min(max(x, axes.left + 12), axes.left + axes.width - 12), y - 6, said(level), _INK, 10.5)
        for tick in (-8, -4, 0, 4, 8):
            scene.text(axes.at(tick, 0)[0], axes.top + axes.height + 11, said(tick), "grey", 11)
            scene.text(axes.left - 5, axes.at(0, tick)[1], said(tick), "grey", 11, "end")
        way = [axes.at(*place) for place in [*self.values["trail"], self._ball()]]
        scene.line(way, _INK, 1.5)
        for x, y in way[:-1]:
            scene.circle(x, y, 2, _INK)
        x, y = way[-1]
        slope = arrays["gradient"]
        length = np.hypot(*slope)
        if length > 1e-6:
            dx, dy = -slope[0] / length * 26, slope[1] / length * 26
            scene.line([(x, y), (x + dx, y + dy)], _INK, 2.5)
            scene.circle(x + dx, y + dy, 3.5, _INK)
        scene.circle(x, y, 7, "#D55E00", _WHITE, 2)
        return scene

    def _slices(self, arrays: dict) -> Scene:
        """The loss along either weight, with the tangent that the student's gradient gives at the ball."""
        scene = Scene("The loss along either weight, with your gradient as the tangent at the ball", 370, 340)
        fine = np.linspace(*_SPAN, 200)
        for k, direction in enumerate(("across", "up")):
            values, at, slope = arrays["slices"][k], self._ball()[k], arrays["gradient"][k]
            top = max(float(values.max()), 0.2)
            axes = Axes(scene, (44, 28 + 166 * k, 308, 114), _SPAN, (-0.12 * top, 1.08 * top),
                        xticks=(-8, -4, 0, 4, 8), yticks=(0, top), title=f"loss along {self.values[direction]}")
            axes.curve(arrays["axis"], values, "blue")
            axes.curve(fine, arrays["at_ball"] + slope * (fine - at), "orange", 1.8, (6, 4))
            scene.circle(*axes.at(at, arrays["at_ball"]), 5.5, "orange", "paper")
            scene.text(352, 17 + 166 * k, f"your slope {said(round(slope, 4))}", anchor="end", size=11.5)
        return scene
