"""Stage 02: the neuron playground, every weight of the 2-3-1 network under a slider."""

import numpy as np

from mlplab.explore.controls import Slider
from mlplab.explore.drawing import X_XOR, Y_XOR, answers, network, plane, plane_points, short, weight_names
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.scene import Scene
from mlplab.plots.values import index, said

_RESOLUTION = 31
_START = (0.9, 0.2, 0.5, 0.3, 0.8, 0.6, 0.7, 0.4, 0.5)
_NAMES = weight_names(2, 3)


class NeuronPlayground(Explorable):
    """The network with its weights, what each hidden unit sees of the plane, the answer, and the four errors."""

    title = "Neuron playground"
    needs = ("sigmoid", "forward_pass")
    controls = tuple(
        Slider(name, f"{name[:2]}[{', '.join(name[3:])}]", -10, 10, 0.1, value,
               group="into the hidden units, w1[input, unit]" if name.startswith("w1") else "into the output, w2[unit]")
        for name, value in zip(_NAMES, _START, strict=True))

    def draw(self) -> Frame:
        """Arrays: w1 (2, 3), w2 (3, 1); act_hidden (4, 3), y_hat, residual (4, 1) at the four points; hidden (G², 3)
        and shading (G²,) over the plane, at `plane_points(31)`."""
        weights = np.array([self.values[name] for name in _NAMES])
        w1, w2 = weights[:6].reshape(2, 3), weights[6:].reshape(3, 1)
        act_hidden, y_hat = answers(self.student, np.vstack([X_XOR, plane_points(_RESOLUTION)]), w1, w2)
        arrays = {"w1": w1, "w2": w2, "act_hidden": act_hidden[:4], "y_hat": y_hat[:4], "residual": y_hat[:4] - Y_XOR,
                  "hidden": act_hidden[4:], "shading": y_hat[4:, 0]}
        right = (arrays["y_hat"] >= 0.5) == (Y_XOR == 1)
        told = "; ".join(f"({x1:g}, {x2:g}) is to be {y:g} and gets {said(round(answer, 3))}"
                         for (x1, x2), y, answer in zip(X_XOR, Y_XOR[:, 0], arrays["y_hat"][:, 0], strict=True))
        summary = f"{right.sum()} of 4 points lie on their side of ½. {told}."
        net = Scene("The network with its weights; the values in the units are those for the point (1, 1)", 330, 230)
        network(net, w1, w2, (X_XOR[3], act_hidden[3], y_hat[3]))
        output = Scene("The answer over the plane, with the line at one half", 200, 230)
        plane(output, (12, 30, 180), arrays["shading"], X_XOR, Y_XOR, title="ŷ, the answer", wrong=~right[:, 0])
        return Frame([net, output, _errors(arrays), *_views(arrays)], summary, arrays)


def _views(arrays: dict) -> list[Scene]:
    scenes = []
    for j in range(3):
        scene = Scene(f"What hidden unit {j + 1} answers over the plane", 170, 188)
        plane(scene, (12, 28, 148), arrays["hidden"][:, j], X_XOR, Y_XOR, radius=5, title=f"a{index(j)} sees")
        scenes.append(scene)
    return scenes


def _errors(arrays: dict) -> Scene:
    """A row a point: what it is to be, what it gets, and the error as a bar from the middle."""
    scene = Scene("The four points with their errors", 190, 230)
    for x, word in ((6, "point"), (54, "y"), (76, "ŷ"), (128, "ŷ − y")):
        scene.text(x, 19, word, anchor="start", bold=True)
    middle, widest = 148, 36
    scale = max(1.0, np.abs(arrays["residual"]).max())
    scene.line([(middle, 34), (middle, 222)], "grey", 1)
    for n, ((x1, x2), residual) in enumerate(zip(X_XOR, arrays["residual"][:, 0], strict=True)):
        y, length = 52 + 46 * n, widest * residual / scale
        scene.text(6, y, f"({x1:g}, {x2:g})", anchor="start")
        scene.text(54, y, f"{Y_XOR[n, 0]:g}", anchor="start")
        scene.text(76, y, short(arrays["y_hat"][n, 0]), anchor="start")
        scene.box(middle + min(length, 0), y - 8, abs(length), 16, fill="blue" if residual < 0 else "orange")
        scene.text(middle, y + 19, short(residual), "grey", 11)
    return scene
