"""Stage 08: an eye that looks where the reader says, and where the student's network believes that it looks."""

import numpy as np

from mlplab import eyes
from mlplab.explore.controls import Given, Slider
from mlplab.explore.drawing import Axes
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.scene import Scene, mixed
from mlplab.plots.values import NoPicture, call, numbers

_PITCHES, _YAWS = (-21.0, 15.0), (-24.0, 24.0)  # degrees: as far as the eyes in the data look
_STRANGERS, _SEED = 12, 2024  # nobody of the data
_ZOOM, _REACH = 6, 270  # the patch's pixels on the page; an arrow of length 1, seen from the side
_WIDTH, _HEIGHT = eyes.WIDTH * _ZOOM, eyes.HEIGHT * _ZOOM
_TOP = 24  # pixels above the patch
_MIDDLE = np.array([_WIDTH / 2, _TOP + _HEIGHT / 2])
_GRID = np.array([(pitch, yaw) for pitch in np.linspace(*_PITCHES, 4) for yaw in np.linspace(*_YAWS, 5)])


class MovableEye(Explorable):
    """A rendered eye with two arrows, its gaze and the network's answer; and the same in the plane of the angles."""

    title = "An eye to move"
    needs = ("gaze_vector", "angular_error")
    controls = (
        Given("predict"),
        Slider("pitch", "pitch, degrees", *_PITCHES, 0.5, 6.0),
        Slider("yaw", "yaw, degrees", *_YAWS, 0.5, 12.0),
        Slider("stranger", "stranger", 1, _STRANGERS, 1, 1),
    )
    _persons = eyes.draw_persons(_STRANGERS, np.random.default_rng(_SEED))

    def draw(self) -> Frame:
        """Arrays: image (36, 60); predicted (2,), pitch and yaw in degrees; gaze and said, directions (3,); error, in
        degrees; field (G, 2), the answers for a grid of directions, and mean_error, the mean of the errors there.
        """
        looks = np.radians(np.vstack([[self.values["pitch"], self.values["yaw"]], _GRID]))
        images = eyes.render(self._persons, np.full(len(looks), self.values["stranger"] - 1), looks)
        if not callable(self.values["predict"]):
            raise NoPicture("there is no network yet: hand over `predict=…`, a function of images (N, 36, 60).")
        answers = numbers(call(self.values["predict"], images.copy()), "what `predict` returns", (len(looks), 2))
        actual, said = (numbers(self.student.gaze_vector(angles), "`gaze_vector`", (len(looks), 3))
                        for angles in (looks, answers))
        errors = numbers(self.student.angular_error(said, actual), "`angular_error`", (len(looks),))
        answers = np.degrees(answers)
        arrays = {"image": images[0], "predicted": answers[0], "gaze": actual[0], "said": said[0], "error": errors[0],
                  "field": answers[1:], "mean_error": errors[1:].mean()}
        pitch, yaw = answers[0]
        summary = (f"The eye looks {_angles(self.values['pitch'], self.values['yaw'])}; your network says "
                   f"{_angles(pitch, yaw)}. The error is {errors[0]:.1f}°. On a grid of {len(_GRID)} directions "
                   f"the mean error with stranger {self.values['stranger']} is {arrays['mean_error']:.1f}°.")
        return Frame([_eye(arrays), self._plane(arrays)], summary, arrays)

    def point(self, panel: int, x: float, y: float, first: bool) -> None:
        """The eye looks at the place in the patch, or takes the angles of the plane."""
        if panel == 0:
            up = np.arcsin(np.clip((_MIDDLE[1] - y) / _REACH, -1, 1))
            left = np.arcsin(np.clip((_MIDDLE[0] - x) / (_REACH * max(np.cos(up), 1e-9)), -1, 1))
            pitch, yaw = np.degrees([up, left])
        else:
            left, pitch = self._axes.value_at(x, y)
            yaw = -left
        self.set("pitch", float(np.clip(pitch, *_PITCHES)))
        self.set("yaw", float(np.clip(yaw, *_YAWS)))

    def _plane(self, arrays: dict) -> Scene:
        scene = Scene("Pitch and yaw: where the eye looks, what the network says, and the same on a grid", 340,
                      _HEIGHT + 66, pointer=True)
        # The yaw is positive to the left, in the picture of the eye and so here.
        self._axes = axes = Axes(scene, (34, _TOP, 296, _HEIGHT), (-30, 30), (-27, 21),
                                 yticks=(-20, -10, 0, 10, 20), title="pitch over yaw, in degrees")
        for yaw in (-20, -10, 0, 10, 20):
            x, bottom = axes.at(-yaw, -27)
            scene.line([(x, axes.top), (x, bottom)], "grid", 1)
            scene.text(x, bottom + 11, f"{yaw}".replace("-", "−"), "grey", 11)
        for (pitch, yaw), (said_pitch, said_yaw) in zip(_GRID, arrays["field"], strict=True):
            start, end = axes.at(-yaw, pitch), axes.at(*axes.value_at(*axes.at(-said_yaw, said_pitch)))
            scene.line([start, end], "grey", 1.5)
            scene.circle(*start, 2.2, "grey")
        start = axes.at(-self.values["yaw"], self.values["pitch"])
        end = axes.at(*axes.value_at(*axes.at(-arrays["predicted"][1], arrays["predicted"][0])))
        scene.line([start, end], "orange", 2.5, (6, 4))
        scene.circle(*start, 6, "blue", "paper")
        scene.box(end[0] - 5, end[1] - 5, 10, 10, "orange", "paper")
        scene.text(0, _HEIGHT + 55, "thin lines: the same for a grid of directions", "grey", 11.5, "start")
        return scene


def _eye(arrays: dict) -> Scene:
    scene = Scene("The eye, its gaze and what the network says", _WIDTH, _HEIGHT + 66, pointer=True)
    scene.text(0, 10, f"error {arrays['error']:.1f}°", size=14, anchor="start", bold=True)
    scene.pixels(0, _TOP, _WIDTH, _HEIGHT, mixed(arrays["image"], 0, 1, ("#000000", "#ffffff")))
    for key, fixed, dash in (("gaze", "#56b4e9", ()), ("said", "#f0913d", (7, 4))):
        x, y = tip = _MIDDLE + _REACH * arrays[key][:2]
        for colour, width, dashes in (("#1f1f1f", 6, ()), (fixed, 3, dash)):
            scene.line([_MIDDLE, tip], colour, width, dashes)
        if key == "gaze":
            scene.circle(x, y, 6.5, fixed, "#1f1f1f")
        else:
            scene.box(x - 6, y - 6, 12, 12, fixed, "#1f1f1f", 1.5)
    for left, colour, label in ((0, "blue", "where it looks"), (130, "orange", "what your network says")):
        y = _HEIGHT + 38
        scene.line([(left, y), (left + 22, y)], colour, 3, () if colour == "blue" else (7, 4))
        if colour == "blue":
            scene.circle(left + 26, y, 5, colour)
        else:
            scene.box(left + 22, y - 5, 10, 10, colour)
        scene.text(left + 37, y, label, size=11.5, anchor="start")
    scene.text(0, _HEIGHT + 55, "x and y of your gaze vectors, as the camera sees them", "grey", 11.5, "start")
    return scene


def _angles(pitch: float, yaw: float) -> str:
    return (f"{abs(pitch):.1f}° {'down' if pitch < 0 else 'up'} and {abs(yaw):.1f}° to the "
            f"{'right' if yaw < 0 else 'left'}")
