"""What explorables share: state, calm in the face of a student's slips, the still picture, what goes out and when."""

import base64
import contextlib
import io
import time

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from mlplab.exercises import STAGES
from mlplab.explore import EXPLORABLES, explore
from mlplab.explore.controls import Choice, Kept, Slider
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.limit import TookTooLong, time_limit
from mlplab.explore.scene import Scene, mixed, texts
from mlplab.explore.still import Still
from mlplab.plots.values import numbers


class Doubler(Explorable):
    """The smallest explorable: a number, doubled by the student."""

    title = "Doubler"
    needs = ("double",)
    controls = (Slider("x", "x", 0, 4, 0.5, 1.0), Slider("n", "n", 1, 9, 1, 3), Choice("how", "how", ("a", "b"), "a"),
                Kept("seen", [], list))
    patience = 0.3

    def draw(self):
        doubled = numbers(self.student.double(np.array([self.values["x"]])), "`double`", (1,))
        scene = Scene("the double", 100, 40, pointer=True)
        scene.text(50, 20, f"{doubled[0]:g} < 9")
        return Frame([scene], f"It is {doubled[0]:g}.", {"doubled": doubled})

    def point(self, panel, x, y, first):
        self.set("x", 4 * x / 100)

    def press(self, button):
        self.values["seen"] = [*self.values["seen"], button]


def shown(namespace, **state):
    explorable = Doubler(namespace, **state)
    explorable.react({})
    return explorable


RIGHT = {"double": lambda x: 2 * x}


# State


def test_the_line_restores_the_state():
    explorable = shown(RIGHT)
    answer = explorable.react({"set": {"x": 2.5, "how": "b"}, "press": ["go"]})
    assert answer["line"] == "lab.explore(x=2.5, n=3, how='b', seen=['go'])"
    again = eval(answer["line"].replace("lab.explore(", "shown(RIGHT, "))
    assert again.shown() == answer


@pytest.mark.parametrize(("state", "words"), [
    ({"y": 1}, "nothing called 'y' to set; there is x, n, how"),
    ({"x": 5}, "x is a number from 0 to 4, not 5"),
    ({"x": "1"}, "x is a number from 0 to 4, not '1'"),
    ({"x": float("nan")}, "not nan"),
    ({"how": "c"}, "how is one of 'a', 'b', not 'c'"),
])
def test_a_state_that_does_not_exist_is_refused(state, words):
    with pytest.raises(ValueError, match=words):
        Doubler(RIGHT, **state)


def test_a_slider_keeps_to_its_steps():
    fine, whole = Slider("x", "", -1, 1, 0.05, 0), Slider("n", "", 0, 9, 1, 3)
    assert fine.parse(0.1500000001) == 0.15 and fine.parse(-1) == -1
    assert whole.parse(2.0) == 2 and isinstance(whole.parse(2.0), int)


def test_events_are_taken_in_one_go():
    explorable = shown(RIGHT)
    answer = explorable.react({"set": {"n": 4}, "points": [[0, 25, 3, True], [0, 50, 3, False]]})
    assert explorable.frame.arrays["doubled"] == [4]
    assert answer["values"] == {"x": 2.0, "n": 4, "how": "a"} and answer["summary"] == "It is 4."


# Calm


def stubborn(x):
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


@pytest.mark.parametrize(("function", "words"), [
    (lambda x: 1 / 0, "your function raised ZeroDivisionError: division by zero"),
    (lambda x: x[:0], "double has shape (0,); (1,) is asked for. The picture is the last one"),
    (lambda x: x * np.nan, "double are NaN or infinite"),
    (lambda x: None, "double is None"),
    (stubborn, "stubborn took longer than 0.3 seconds and was stopped. The picture is the last one"),
    ("double", "double is of type str, not a function"),
])
def test_a_failing_function_leaves_the_last_picture_and_a_message(function, words):
    namespace = dict(RIGHT)
    explorable = shown(namespace)
    before = explorable.react({})
    namespace["double"] = function
    answer = explorable.react({"set": {"x": 3.0}})
    assert words in answer["message"] and "`" not in answer["message"]
    assert answer["panels"] == before["panels"] and answer["summary"] == before["summary"]
    namespace["double"] = RIGHT["double"]
    mended = explorable.react({})
    assert mended["message"] == "" and mended["summary"] == "It is 6."


def test_an_argument_that_is_changed_is_a_copy():
    def rude(x):
        x *= 2
        return x

    explorable = shown({"double": rude})
    assert explorable.react({})["summary"] == explorable.react({})["summary"] == "It is 2."


def test_the_limit_leaves_no_trace():
    for _ in range(3):
        began = time.perf_counter()
        with pytest.raises(TookTooLong), time_limit(0.05):
            stubborn(None)
        assert time.perf_counter() - began < 5
    with time_limit(0.05):
        pass
    time.sleep(0.1)  # what was not stopped in time is not stopped later


# Drawing


def test_a_scene_is_written_as_svg_and_painted_alike():
    scene = Scene('"a" & b', 60, 40)
    scene.box(0, 0, 30, 40, fill="blue")
    scene.line([(30, 20), (60, 20)], "#ff0000", 4)
    scene.line([(30, 5), (60, 5)], "#00ff00", 4, (10, 100))
    scene.circle(45, 32, 5, "orange")
    scene.pixels(30, 24, 6, 6, np.full((2, 2, 3), [0, 0, 255], dtype=np.uint8), smooth=False)
    svg = scene.svg()
    assert 'aria-label="&quot;a&quot; &amp; b"' in svg and 'class="f-blue"' in svg and 'stroke="#ff0000"' in svg
    png, (width, height) = Still([scene], "").png()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    at = {place: image.getpixel((round((10 + place[0]) * 1.5), round((10 + place[1]) * 1.5)))
          for place in ((15, 20), (50, 20), (35, 5), (55, 5), (45, 32), (33, 27), (50, 12))}
    assert (width, height) == (80, 60)
    assert list(at.values()) == [(0, 114, 178), (255, 0, 0), (0, 255, 0), (255, 255, 255), (213, 94, 0), (0, 0, 255),
                                 (255, 255, 255)]


def test_text_is_escaped():
    scene = Scene("", 100, 40)
    scene.text(0, 0, "<script>")
    assert "<script>" not in scene.svg() and texts(scene) == ["<script>"]


def test_values_become_colours():
    colours = mixed(np.array([-1.0, 0.0, 0.5, 1.0]), 0, 1, ("#000000", "#646464", "#ff0000"))
    assert colours.tolist() == [[0, 0, 0], [0, 0, 0], [100, 100, 100], [255, 0, 0]]


def test_panels_that_do_not_fit_go_into_another_row():
    png, size = Still([Scene("", 400, 100), Scene("", 300, 50), Scene("", 200, 80)], "").png()
    assert size == (730, 210)
    assert Image.open(io.BytesIO(png)).size == (1095, 315)


# What goes out


@pytest.fixture
def outputs(monkeypatch):
    """The outputs of `explore` with the doubler in the place of stage 01's explorable."""
    InteractiveShell.instance()
    monkeypatch.setitem(EXPLORABLES, "01-activation", f"{__name__}:Doubler")

    def run(namespace, execution=None):
        monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
        if execution:
            monkeypatch.setenv("NBGRADER_EXECUTION", execution)
        with capture_output() as captured:
            explore(STAGES["01-activation"], namespace, {})
        return [output.data for output in captured.outputs]

    return run


WIDGET = "application/vnd.jupyter.widget-view+json"


def test_the_still_picture_always_goes_out_with_the_widget(outputs):
    still, live = outputs(RIGHT)
    assert still["text/plain"] == "Doubler. It is 2."
    assert base64.b64decode(still["image/png"]).startswith(b"\x89PNG")
    assert 'alt="Doubler. It is 2."' in still["text/html"] and still["image/png"] in still["text/html"]
    assert WIDGET in live and WIDGET not in still


@pytest.mark.parametrize("execution", ["autograde", "validate"])
def test_while_nbgrader_runs_the_still_picture_goes_out_alone(outputs, execution):
    [still] = outputs(RIGHT, execution)
    assert "image/png" in still


def test_where_nobody_looks_nothing_is_painted(outputs, monkeypatch):
    monkeypatch.setenv("MLPLAB_PLOTS", "skip")
    [line] = outputs(RIGHT, "autograde")
    assert line["text/plain"] == "No picture: this run does without."


@pytest.mark.parametrize("execution", [None, "autograde"])
def test_what_is_not_written_is_named_in_one_line(outputs, execution):
    def double(x):
        """A stub."""
        raise NotImplementedError

    for namespace in ({}, {"double": double}):
        [line] = outputs(namespace, execution)
        assert line["text/plain"] == "Doubler waits for double: once that is written, run this cell again."
    [line] = outputs({"double": lambda x: double(x)}, execution)
    assert "double is not written yet" in line["text/plain"]


def test_a_first_picture_that_fails_is_one_line(outputs):
    [line] = outputs({"double": lambda x: 1 / 0})
    assert line["text/plain"].startswith("Doubler cannot be drawn: your function raised ZeroDivisionError")


def test_a_stage_without_an_explorable_says_where_there_is_one(monkeypatch):
    monkeypatch.delitem(EXPLORABLES, "06-mnist")
    with pytest.raises(ValueError, match="nothing to explore; there is something in"):
        explore(STAGES["06-mnist"], {}, {})
