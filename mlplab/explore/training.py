"""Stage 05: the training room, where the student's `train` runs before one's eyes."""

import time

import numpy as np

from mlplab.explore.controls import Button, Choice, Kept, Slider
from mlplab.explore.datasets import NAMES, parse_painted, points
from mlplab.explore.drawing import Axes, answers, plane, plane_points
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.scene import Scene
from mlplab.plots.values import NoPicture, index, numbers, said

_FINE, _COARSE = 31, 15
_SEEDS = 20
_PLATEAU = 0.125
_BUDGET = 0.04  # seconds of training in one frame, so that twenty frames a second stay within reach
_MOST = 1_000_000


def _epoch(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ValueError(f"epoch is a whole number from 0 to {_MOST}, not {value!r}")
    return value


class TrainingRoom(Explorable):
    """One network, or twenty seeds at once, in training: the boundary, every unit's view, loss and gradients."""

    title = "Training room"
    needs = ("sigmoid", "initialize_weights", "forward_pass", "mse", "backward_pass", "train")
    controls = (
        Choice("view", "show", ("one network", "twenty seeds"), "one network"),
        Choice("data", "data", NAMES, "XOR"),
        Slider("hidden", "hidden units", 1, 8, 1, 3),
        Choice("rate", "learning rate", (0.03, 0.12, 0.5, 1.0, 2.0), 0.12),
        Choice("start", "weights from", ("your own draw", "both signs"), "your own draw"),
        Choice("bias", "bias", ("none", "a third input of 1"), "none"),
        Slider("seed", "seed", 0, 99, 1, 0),
        Slider("pace", "epochs a frame", 1, 100, 1, 20),
        Choice("paint", "paint class", (0, 1), 1),
        Button("play", "Play"), Button("step", "Step"), Button("rewind", "Rewind"), Button("clear", "Clear the paint"),
        Kept("epoch", 0, _epoch),
        Kept("painted", [], parse_painted),
    )
    _RESTARTS = ("view", "data", "hidden", "rate", "start", "bias", "seed", "painted")

    def __init__(self, namespace: object, **state: object) -> None:
        super().__init__(namespace, **state)
        self._cursor = (0.5, 0.5)
        self._began = None
        self._stop_when_there = False  # playing only to reach the epoch of the state

    def draw(self) -> Frame:
        """Arrays: X (N, D), y (N, 1), errors (epochs,) or, of twenty seeds, (20, epochs); with one network w1, w2,
        shading (G²,), hidden (G², H), gradients (2,), the mean size of the entries of each; with twenty seeds final
        (20,), the last losses, solved and, of XOR, stuck (20,), and bend (20,), the largest
        |a(0, 0) − a(0, 1) − a(1, 0) + a(1, 1)| of a hidden unit."""
        X, y = self._data()
        if not len(X):
            arrays = {"X": X, "y": y}
            return Frame([self._empty()], "No points yet: paint some, with the pointer or with the arrow keys and 0 "
                                          "or 1, then press Play.", arrays)
        self._catch_up(X, y)
        return self._many(X, y) if self.values["view"] == "twenty seeds" else self._one(X, y)

    def set(self, name: str, value: object) -> None:
        before = self.values.get(name)
        super().set(name, value)
        if name in self._RESTARTS and self.frame.panels and self.values[name] != before:
            self._rewind()
        if name == "paint" and self.frame.panels:
            self.values["data"] = "painted"
            self._rewind()

    def press(self, button: str) -> None:
        if button == "play":
            self.playing, self._stop_when_there = not self.playing, False
        elif button == "step":
            self.playing = False
            self.values["epoch"] += self.values["pace"]
        elif button == "rewind":
            self._rewind()
        else:
            self.values |= {"painted": [], "data": "painted"}
            self._rewind()

    def tick(self, count: int) -> None:
        if self._done() == self.values["epoch"]:  # else it is still catching up
            self.values["epoch"] = min(self.values["epoch"] + count * self.values["pace"], _MOST)

    def point(self, panel: int, x: float, y: float, first: bool) -> None:
        if first:
            self._paint(self._axes.value_at(x, y), self.values["paint"])

    def key(self, panel: int, key: str) -> None:
        moves = {"ArrowLeft": (-0.05, 0), "ArrowRight": (0.05, 0), "ArrowUp": (0, 0.05), "ArrowDown": (0, -0.05)}
        if key in moves:
            self._cursor = tuple(np.clip(np.add(self._cursor, moves[key]), -0.25, 1.25).round(2).tolist())
        elif key in ("0", "1"):
            self._paint(self._cursor, int(key))

    def labels(self) -> dict[str, str]:
        return {"play": "Pause" if self.playing else "Play"}

    # Data and training

    def _paint(self, place: tuple[float, float], k: int) -> None:
        spot = (round(place[0], 2), round(place[1], 2), k)
        self.values |= {"painted": [*self.values["painted"], spot], "data": "painted"}
        self._rewind()

    def _rewind(self) -> None:
        """Back to the weights that the seed gives."""
        self.playing = False
        self.values["epoch"] = 0
        self._began = None

    def _data(self) -> tuple[np.ndarray, np.ndarray]:
        X, y = points(self.values["data"], self.values["painted"])
        return self._with_bias(X), y

    def _with_bias(self, X: np.ndarray) -> np.ndarray:
        return X if self.values["bias"] == "none" else np.hstack([X, np.ones((len(X), 1))])

    def _seeds(self) -> range:
        first = self.values["seed"]
        return range(_SEEDS) if self.values["view"] == "twenty seeds" else range(first, first + 1)

    def _drawn(self, inputs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng, hidden = np.random.default_rng(seed), self.values["hidden"]
        if self.values["start"] == "both signs":
            return rng.normal(size=(inputs, hidden)), rng.normal(size=(hidden, 1))
        weights = self.student.initialize_weights(inputs, hidden, 1, rng)
        return self._weights(weights, inputs, "`initialize_weights`")

    def _weights(self, weights: object, inputs: int, name: str) -> tuple[np.ndarray, np.ndarray]:
        if not isinstance(weights, tuple | list) or len(weights) < 2:
            raise NoPicture(f"{name} returns a {type(weights).__name__}; a pair of weights is asked for.")
        hidden = self.values["hidden"]
        return (numbers(weights[0], f"`w1` of {name}", (inputs, hidden)),
                numbers(weights[1], f"`w2` of {name}", (hidden, 1)))

    def _done(self) -> int:
        return 0 if self._began is None else len(self._errors[0])

    def _catch_up(self, X: np.ndarray, y: np.ndarray) -> None:
        """Trains on until the epoch of the state, or until the time of a frame is up; then the next frame goes on."""
        if self._began is None:
            self._now = [self._drawn(X.shape[1], seed) for seed in self._seeds()]
            self._errors = [np.empty(0) for _ in self._now]
            self._sizes, self._began = [], True
        deadline = time.perf_counter() + _BUDGET
        while (left := self.values["epoch"] - self._done()) > 0:
            trained = [self._trained(X, y, *weights, min(left, self.values["pace"])) for weights in self._now]
            self._now = [(w1, w2) for w1, w2, _ in trained]
            self._errors = [np.append(known, new) for known, (*_, new) in zip(self._errors, trained, strict=True)]
            if len(self._now) == 1:
                self._sizes.append((self._done(), *self._gradient_sizes(X, y)))
            if time.perf_counter() > deadline:
                break
        if self._done() < self.values["epoch"]:
            self._stop_when_there |= not self.playing
            self.playing = True
        elif self._stop_when_there:
            self.playing = self._stop_when_there = False

    def _trained(self, X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, epochs: int) -> tuple:
        result = self.student.train(X, y, w1, w2, self.values["rate"], epochs)
        if not isinstance(result, tuple | list) or len(result) != 3:
            raise NoPicture("`train` returns something else than the three (w1, w2, errors).")
        return *self._weights(result, X.shape[1], "`train`"), numbers(result[2], "the errors of `train`", (epochs,))

    def _gradient_sizes(self, X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """The mean size of an entry of dL_dw1 and of dL_dw2, by the student's `backward_pass`."""
        w1, w2 = self._now[0]
        act_hidden, y_hat = answers(self.student, X, w1, w2)
        by_w1, by_w2 = self._weights(self.student.backward_pass(X, y, y_hat, act_hidden, w2), X.shape[1],
                                     "`backward_pass`")
        return float(np.abs(by_w1).mean()), float(np.abs(by_w2).mean())

    def _loss(self, X: np.ndarray, y: np.ndarray, y_hat: np.ndarray) -> float:
        return float(numbers(self.student.mse(y_hat, y)[1], "the error of `mse`").reshape(-1)[0])

    # One network

    def _one(self, X: np.ndarray, y: np.ndarray) -> Frame:
        w1, w2 = self._now[0]
        everywhere = np.vstack([X, self._with_bias(plane_points(_FINE))])
        act_hidden, y_hat = answers(self.student, everywhere, w1, w2)
        right = ((y_hat[:len(X)] >= 0.5) == (y == 1))[:, 0]
        sizes = self._sizes[-1][1:] if self._sizes else self._gradient_sizes(X, y)
        loss = self._loss(X, y, y_hat[:len(X)])
        arrays = {"X": X, "y": y, "w1": w1, "w2": w2, "errors": self._errors[0], "loss": loss, "right": right,
                  "shading": y_hat[len(X):, 0], "hidden": act_hidden[len(X):], "gradients": np.array(sizes)}
        level = " It sits on the plateau: about one half for every point." if (
            self.values["data"] == "XOR" and abs(loss - _PLATEAU) < 0.005) else ""
        summary = (f"Epoch {self._done()}: loss {said(loss)}, {right.sum()} of {len(X)} points on their side. "
                   f"Mean size of a gradient entry: dL_dw1 {said(sizes[0])}, dL_dw2 {said(sizes[1])}.{level}")
        return Frame([self._boundary(arrays), self._curves(), self._units(arrays)], summary, arrays)

    def _empty(self) -> Scene:
        scene = self._canvas()
        self._axes = Axes(scene, (12, 30, 270, 270), (-0.25, 1.25), (-0.25, 1.25), title="paint some points")
        scene.box(12, 30, 270, 270, "soft", "grey")
        self._mark_cursor(scene)
        return scene

    def _canvas(self) -> Scene:
        return Scene("The plane with the network's answer and the points", 294, 312, pointer=True,
                     keys="Arrow keys move the cross, 0 and 1 paint a point of that class")

    def _boundary(self, arrays: dict) -> Scene:
        scene = self._canvas()
        X = arrays["X"]
        self._axes = plane(scene, (12, 30, 270), arrays["shading"], X, arrays["y"], radius=6 if len(X) < 20 else 4,
                           title=f"epoch {self._done()}", wrong=~arrays["right"] if len(X) < 20 else None)
        if self.values["data"] == "painted":
            self._mark_cursor(scene)
        return scene

    def _mark_cursor(self, scene: Scene) -> None:
        x, y = self._axes.at(*self._cursor)
        for dx, dy in ((8, 0), (0, 8)):
            scene.line([(x - dx, y - dy), (x + dx, y + dy)], "#1f1f1f", 2)

    def _curves(self) -> Scene:
        """The loss, and below it the size of either gradient, on a logarithmic scale; both against the epoch."""
        scene = Scene("Loss and sizes of the gradients against the epoch", 420, 312)
        errors, span = self._errors[0], max(self._done(), 1)
        at = np.unique(np.linspace(0, max(self._done() - 1, 0), 200).round().astype(int))
        top = max(float(errors.max()) if len(errors) else 0.5, 0.15)
        above = Axes(scene, (48, 28, 356, 116), (0, span), (0, 1.05 * min(top, 1.0)), title="loss",
                     xticks=(0, span), yticks=sorted({0, _PLATEAU, min(top, 1.0)}))
        if len(errors):
            above.curve(at.astype(float), errors[at], "blue")
        below = Axes(scene, (48, 184, 356, 104), (0, span), (-6, 1), xticks=(0, span), title="mean size of a gradient")
        for power in (-6, -4, -2, 0):
            _, y = below.at(0, power)
            scene.line([(48, y), (404, y)], "grid", 1)
            scene.text(43, y, f"1e{power}".replace("-", "−"), "grey", 11, "end")
        sizes = np.array(self._sizes[:: max(1, len(self._sizes) // 200)]).reshape(-1, 3)
        for k, (name, colour, dash) in enumerate((("dL_dw1", "blue", ()), ("dL_dw2", "orange", (6, 4)))):
            below.curve(sizes[:, 0], np.log10(np.maximum(sizes[:, 1 + k], 1e-6)), colour, 2, dash)
            scene.line([(262 + 74 * k, 173), (284 + 74 * k, 173)], colour, 2, dash)
            scene.text(288 + 74 * k, 173, name, size=11, anchor="start")
        return scene

    def _units(self, arrays: dict) -> Scene:
        hidden = self.values["hidden"]
        scene = Scene("What each hidden unit answers over the plane", 720, 112)
        for j in range(hidden):
            plane(scene, (12 + 89 * j, 24, 80), arrays["hidden"][:, j], arrays["X"][:0], arrays["y"][:0],
                  title=f"a{index(j)}")
        return scene

    # Twenty seeds

    def _many(self, X: np.ndarray, y: np.ndarray) -> Frame:
        grid = self._with_bias(plane_points(_COARSE))
        told = [answers(self.student, np.vstack([X, grid]), *weights) for weights in self._now]
        final = np.array([self._loss(X, y, y_hat[:len(X)]) for _, y_hat in told])
        solved = np.array([((y_hat[:len(X)] >= 0.5) == (y == 1)).all() for _, y_hat in told])
        arrays = {"X": X, "y": y, "final": final, "solved": solved, "errors": np.array(self._errors)}
        summary = f"Epoch {self._done()}: {solved.sum()} of {_SEEDS} seeds have all points on their side."
        if self.values["data"] == "XOR":
            # A unit that is a plane over the four points has bend 0, and a sum of planes is a plane.
            bend = np.array([np.abs(a[0] - a[1] - a[2] + a[3]).max() for a, _ in told])
            stuck = ~solved & (np.abs(final - _PLATEAU) < 0.01)
            arrays |= {"stuck": stuck, "bend": bend}
            if stuck.any():
                summary += (f" {stuck.sum()} sit on the plateau at {_PLATEAU}: over the four points their hidden units "
                            f"are nearly planes, with a bend of {said(bend[stuck].mean())} on average, and of all "
                            "planes the best answers one half everywhere.")
            if solved.any():
                summary += f" The solved ones bend by {said(bend[solved].mean())}."
        scene = Scene(f"Twenty small decision boundaries; {solved.sum()} of them solve it", 730, 300)
        for seed, (_, y_hat) in enumerate(told):
            left, top = 8 + 72 * (seed % 10), 40 + 146 * (seed // 10)
            plane(scene, (left, top, 64), y_hat[len(X):, 0], X, y, radius=3 if len(X) < 20 else 1.5)
            scene.text(left + 32, top - 26, f"seed {seed}", size=11)
            word = "solved" if solved[seed] else "plateau" if arrays.get("stuck", solved)[seed] else "not yet"
            scene.text(left + 32, top - 12, word, size=11, bold=bool(solved[seed]))
            scene.text(left + 32, top + 76, said(round(final[seed], 4)), "grey", 11)
        return Frame([scene], summary, arrays)
