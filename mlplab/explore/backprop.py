"""Stage 04: the backprop X-ray, one sample through the network and back, Jacobian by Jacobian."""

import numpy as np

from mlplab.explore.controls import Button, Choice, Slider
from mlplab.explore.drawing import X_XOR, Y_XOR, Axes, answers, network, short, weight_names
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.scene import Scene
from mlplab.gradcheck import TOLERANCE, best_numerical_gradient
from mlplab.plots.values import index, numbers, pair, said

_HIDDEN = 3
_NAMES = weight_names(2, _HIDDEN)
_STEPS = ("the sample goes in", "forward: the hidden units", "forward: the answer and the loss",
          "back: ∂L/∂ŷ, how wrong it is", "back: ∂ŷ/∂w₂, through the output weights",
          "back: ∂ŷ/∂a, into the hidden units", "back: ∂a/∂h, through the activation",
          "back: ∂h/∂w₁, to the first weights")
_LAST = len(_STEPS) - 1


class Xray(Explorable):
    """Values forward, gradients back; each gradient beside the numerical one, and what a nudge of a weight does."""

    title = "Backprop X-ray"
    needs = ("sigmoid", "forward_pass", "mse", "mse_gradient", "dyhat_dw2", "dyhat_da", "da_dh", "dh_dwij",
             "dyhat_dwij")
    controls = (
        Choice("sample", "sample", ("(0, 1)", "(1, 0)", "(1, 1)", "(0, 0)"), "(1, 1)"),
        Slider("seed", "seed of the weights", 0, 20, 1, 3),
        Slider("at", "step", 0, _LAST, 1, _LAST),
        Button("previous", "Step back"), Button("next", "Step on"),
        Choice("weight", "weight to nudge", tuple(_NAMES), "w1_12"),
        Slider("nudge", "nudge", -2, 2, 0.05, 0.5),
    )

    def draw(self) -> Frame:
        """Arrays: x (2,), y, w1 (2, 3), w2 (3, 1), act_hidden (3,), y_hat, loss; the Jacobians dL_dyhat, dyhat_dw2
        (1, 3), dyhat_da (1, 3), da_dh (3, 3), dh_dw (2, 3), the entry of ∂h/∂wᵢⱼ that is not zero; gradient and
        numerical (9,), in the order of the names; differs (9,); predicted and actual change of the loss."""
        row = np.array([float(digit) for digit in self.values["sample"] if digit.isdigit()])
        n = int(2 * row[0] + row[1])
        rng = np.random.default_rng(self.values["seed"])
        weights = rng.normal(size=9).round(2)
        arrays = self._forward(X_XOR[n:n + 1], Y_XOR[n:n + 1], weights)
        arrays |= self._back(arrays)

        def loss(weights: np.ndarray) -> float:
            return self._loss(X_XOR[n:n + 1], Y_XOR[n:n + 1], weights)

        numerical, _ = best_numerical_gradient(loss, weights, arrays["gradient"])
        size = np.abs(arrays["gradient"]).max() + np.abs(numerical).max() or 1.0
        arrays |= {"numerical": numerical, "differs": np.abs(arrays["gradient"] - numerical) / size > TOLERANCE}
        k, nudge = _NAMES.index(self.values["weight"]), self.values["nudge"]
        line = np.linspace(-2, 2, 41)
        along = np.array([loss(weights + at * np.eye(9)[k]) for at in line])
        arrays |= {"line": line, "along": along, "predicted": nudge * arrays["gradient"][k],
                   "actual": loss(weights + nudge * np.eye(9)[k]) - arrays["loss"]}
        return Frame([self._network(arrays), _jacobian(arrays, self.values["at"]), _ledger(arrays),
                      self._nudged(arrays, k)], self._summary(arrays), arrays)

    def press(self, button: str) -> None:
        self.values["at"] = min(max(self.values["at"] + (1 if button == "next" else -1), 0), _LAST)

    def _forward(self, X: np.ndarray, y: np.ndarray, weights: np.ndarray) -> dict:
        w1, w2 = weights[:6].reshape(2, 3), weights[6:].reshape(3, 1)
        act_hidden, y_hat = answers(self.student, X, w1, w2)
        return {"x": X[0], "y": y[0, 0], "w1": w1, "w2": w2, "act_hidden": act_hidden[0], "y_hat": y_hat[0, 0],
                "loss": self._loss(X, y, weights)}

    def _loss(self, X: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
        _, y_hat = answers(self.student, X, weights[:6].reshape(2, 3), weights[6:].reshape(3, 1))
        _, error = pair(self.student.mse(y_hat, y), "what `mse` returns", "residual, error")
        return float(numbers(error, "the error of `mse`").reshape(-1)[0])

    def _back(self, arrays: dict) -> dict:
        """Every Jacobian of the derivation by the student's functions, and the gradient that they make together."""
        student, x, a, w2 = self.student, arrays["x"], arrays["act_hidden"], arrays["w2"]
        y_hat, y = np.array([[arrays["y_hat"]]]), np.array([[arrays["y"]]])
        back = {
            "dL_dyhat": numbers(student.mse_gradient(y_hat, y), "`mse_gradient`", (1, 1))[0, 0],
            "dyhat_dw2": numbers(student.dyhat_dw2(a[np.newaxis]), "`dyhat_dw2`", (1, _HIDDEN)),
            "dyhat_da": numbers(student.dyhat_da(w2), "`dyhat_da`", (1, _HIDDEN)),
            "da_dh": numbers(student.da_dh(a), "`da_dh`", (_HIDDEN, _HIDDEN)),
            "dh_dw": np.array([[numbers(student.dh_dwij(x, i, j, _HIDDEN), "`dh_dwij`", (_HIDDEN,))[j]
                                for j in range(_HIDDEN)] for i in range(2)]),
        }
        by_w1 = [numbers(student.dyhat_dwij(x, a, w2, i, j), "`dyhat_dwij`").reshape(-1)[0]
                 for i in range(2) for j in range(_HIDDEN)]
        return back | {"gradient": back["dL_dyhat"] * np.array([*by_w1, *back["dyhat_dw2"][0]])}

    def _summary(self, arrays: dict) -> str:
        wrong = [name for name, differs in zip(_NAMES, arrays["differs"], strict=True) if differs]
        verdict = f"≠ {', '.join(wrong)} differ from the numerical gradient" if wrong else (
            "all nine entries of your gradient agree with the numerical one")
        return (f"Step {self.values['at']}, {_STEPS[self.values['at']]}. ŷ = {said(arrays['y_hat'])} for y = "
                f"{arrays['y']:g}, loss {said(arrays['loss'])}; {verdict}. Nudging {self.values['weight']} by "
                f"{said(self.values['nudge'])} is predicted to change the loss by {said(arrays['predicted'])}, and "
                f"changes it by {said(arrays['actual'])}.")

    def _network(self, arrays: dict) -> Scene:
        """Forward the units fill with values; on the way back the lines carry the gradient by their weight."""
        at = self.values["at"]
        scene = Scene(f"The network. {_STEPS[at]}", 380, 250)
        unknown = np.full(_HIDDEN, np.nan)
        a, y_hat = arrays["act_hidden"] if at >= 1 else unknown, [arrays["y_hat"] if at >= 2 else np.nan]
        by_w1, by_w2 = arrays["gradient"][:6].reshape(2, _HIDDEN), arrays["gradient"][6:].reshape(_HIDDEN, 1)
        labels = (arrays["w1"] if at < _LAST else by_w1, arrays["w2"] if at < 4 else by_w2)
        network(scene, arrays["w1"], arrays["w2"], (arrays["x"], a, y_hat), labels=labels)
        scene.text(8, 12, f"{at}  {_STEPS[at]}", anchor="start", bold=True)
        told = ("weights on the lines", "∂L/∂w on the lines to ŷ", "∂L/∂w on all lines")[(at >= 4) + (at == _LAST)]
        scene.text(372, 240, told, "grey", 11, "end")
        return scene

    def _nudged(self, arrays: dict, k: int) -> Scene:
        """The loss along the chosen weight: the tangent predicts, the curve tells."""
        name, nudge = self.values["weight"], self.values["nudge"]
        scene = Scene(f"The loss while {name} is nudged, and what the gradient predicts", 340, 236)
        line, along = arrays["line"], arrays["along"]
        low, high = along.min(), along.max()
        margin = 0.25 * (high - low) + 0.02
        axes = Axes(scene, (48, 26, 280, 150), (-2, 2), (low - margin, high + margin), xticks=(-2, -1, 0, 1, 2),
                    yticks=(low, high), title=f"loss, {name} nudged")
        axes.curve(line, along, "blue")
        axes.curve(line, arrays["loss"] + arrays["gradient"][k] * line, "orange", 1.8, (6, 4))
        (x, predicted), (_, actual) = (axes.at(nudge, arrays["loss"] + arrays[key]) for key in ("predicted", "actual"))
        if axes.top <= predicted <= axes.top + axes.height:
            scene.box(x - 5, predicted - 5, 10, 10, "orange", "paper")
        scene.circle(x, actual, 5.5, "blue", "paper")
        for y, mark, word, key in ((204, "orange", "predicted change", "predicted"), (224, "blue", "actual change",
                                                                                    "actual")):
            if key == "predicted":
                scene.box(50, y - 5, 10, 10, mark)
            else:
                scene.circle(55, y, 5.5, mark)
            scene.text(68, y, f"{word}  {said(round(arrays[key], 5))}", anchor="start")
        return scene


def _jacobian(arrays: dict, at: int) -> Scene:
    """The Jacobian of the step, entry by entry, with its shape."""
    name, matrix = {
        3: ("∂L/∂ŷ", np.array([[arrays["dL_dyhat"]]])), 4: ("∂ŷ/∂w₂", arrays["dyhat_dw2"]),
        5: ("∂ŷ/∂a", arrays["dyhat_da"]), 6: ("∂a/∂h", arrays["da_dh"]), 7: ("∂h/∂w", arrays["dh_dw"]),
    }.get(at, ("", np.empty((0, 0))))
    scene = Scene(f"The Jacobian of this step, {name}" if name else "No Jacobian yet: we are going forward", 230, 250)
    if not name:
        scene.text(8, 12, "going forward", anchor="start", bold=True)
        scene.text(8, 40, "each unit takes what arrives,", "grey", anchor="start")
        scene.text(8, 58, "weighs it and adds it up", "grey", anchor="start")
        return scene
    scene.text(8, 12, f"{name}  {matrix.shape}", anchor="start", bold=True)
    for (i, j), value in np.ndenumerate(matrix):
        scene.box(8 + 70 * j, 30 + 42 * i, 66, 38, "soft", "grid")
        scene.text(41 + 70 * j, 49 + 42 * i, short(value))
    product = {3: "the residual, over N = 1", 4: "what each unit sends to ŷ", 5: "the output weights, as a row",
               6: "each unit's slope; zeros beside it", 7: "what arrives: the input x"}[at]
    scene.text(8, 50 + 42 * len(matrix), product, "grey", anchor="start")
    return scene


def _ledger(arrays: dict) -> Scene:
    """A row a weight: the student's gradient entry, the numerical one, and ≠ where they differ."""
    scene = Scene("Your gradient beside the numerical one, a row for each weight", 280, 236)
    for x, word in ((8, "weight"), (150, "yours"), (240, "numerical")):
        scene.text(x, 12, word, anchor="start" if x < 100 else "end", bold=True)
    for k, name in enumerate(_NAMES):
        y, differs = 34 + 22.5 * k, arrays["differs"][k]
        if differs:
            scene.box(4, y - 10, 272, 20, None, "orange", 2)
        layer, place = name.split("_")
        scene.text(8, y, f"w{index(int(layer[1]) - 1)}[{', '.join(place)}]", anchor="start")
        scene.text(150, y, short4(arrays["gradient"][k]), anchor="end")
        scene.text(240, y, short4(arrays["numerical"][k]), anchor="end")
        scene.text(258, y, "≠" if differs else "=", "ink" if differs else "grey", bold=bool(differs))
    return scene


def short4(value: float) -> str:
    """Four decimals: enough to see two columns agree."""
    return f"{value + 0.0:.4f}".replace("-", "−")
