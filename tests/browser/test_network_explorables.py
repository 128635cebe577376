"""The explorables on trained networks, in a running JupyterLab."""

from types import SimpleNamespace

import pytest
from conftest import Explored

from mlplab.explore.digits import DigitPad
from mlplab.explore.explorable import Explorable
from mlplab.explore.gallery import Gallery
from mlplab.explore.gaze import MovableEye
from mlplab.explore.scene import texts

# What the notebook does, and what the test does to know the numbers: one code, run in both places.
SETUPS = {
    "06-mnist": """
import numpy as np
from autograder.reference.mnist import *
from mlplab.data import load_mnist
X, labels, *_ = load_mnist(sample=True)
rng = np.random.default_rng(0)
params = train(X[:1000], labels[:1000], he_initialize([784, 32, 10], rng), 0.3, 20, 3, rng)
""",
    "07-fashion": """
import numpy as np
from autograder.reference.mnist import *
from autograder.reference.fashion import confusion_matrix
from mlplab.data import load_fashion_mnist
X, y, images, labels = load_fashion_mnist(sample=True)
rng = np.random.default_rng(0)
params = train(X[:1000], y[:1000], he_initialize([784, 32, 10], rng), 0.05, 50, 5, rng)
""",
    "08-eye-gaze": """
import numpy as np
from autograder.reference.eye_gaze import *
from mlplab import eyes
patches, angles, _ = eyes.make_dataset(20, 20, np.random.default_rng(8))
flat = patches.reshape(len(patches), -1)
weights = np.linalg.solve(flat.T @ flat + 10 * np.eye(flat.shape[1]), flat.T @ angles)
def predict(images):
    return images.reshape(len(images), -1) @ weights
""",
}
GIVEN = {"06-mnist": "params=params", "07-fashion": "images=images, labels=labels, params=params",
         "08-eye-gaze": "predict=predict"}
KINDS = {"06-mnist": DigitPad, "07-fashion": Gallery, "08-eye-gaze": MovableEye}
every_stage = pytest.mark.parametrize("stage", SETUPS)


@pytest.fixture(scope="module")
def namespaces() -> dict[str, dict]:
    """What the notebooks hold after their first cell."""
    made = {}
    for stage, code in SETUPS.items():
        made[stage] = {}
        exec(code, made[stage])
    return made


@pytest.fixture
def explored(open_notebook):
    """Opens a stage's explorable in a notebook of the reference's functions."""

    def opened(stage: str, state: str = "", **options: object) -> Explored:
        setup = f"{SETUPS[stage]}\nimport mlplab\nlab = mlplab.stage({stage!r})"
        return Explored(open_notebook(setup, f"lab.explore({GIVEN[stage]}, {state})", **options))

    return opened


def replayed(namespace: dict, stage: str, line: str) -> Explorable:
    """What Python makes of the line under the picture, without any page."""
    lab = SimpleNamespace(explore=lambda **state: KINDS[stage](namespace, **state))
    explorable = eval(line, {**namespace, "lab": lab})
    assert explorable.react({})["message"] == ""
    return explorable


def assert_shows(shown: Explored, explorable: Explorable) -> None:
    assert shown.summary == explorable.frame.summary
    assert [shown.texts(k) for k in range(len(explorable.frame.panels))] == list(map(texts, explorable.frame.panels))


@every_stage
def test_it_is_accessible_in_both_themes_and_asks_nobody_outside(explored, namespaces, stage):
    shown = explored(stage)
    assert_shows(shown, replayed(namespaces[stage], stage, shown.line))
    for theme in ("Light", "Dark"):
        shown.notebook.theme(theme)
        assert shown.violations() == []
    assert shown.body.locator(".mlplab-summary").get_attribute("aria-live") == "polite"
    assert shown.notebook.strangers == []


@every_stage
def test_a_narrow_page_shows_all_of_it(explored, stage):
    shown = explored(stage, width=640)
    box = shown.body.bounding_box()
    for panel in shown.body.locator(".mlplab-panel svg").all():
        inner = panel.bounding_box()
        assert inner["x"] >= box["x"] and inner["x"] + inner["width"] <= box["x"] + box["width"]


def test_a_digit_is_drawn_with_the_pointer(explored, namespaces):
    shown = explored("06-mnist")
    shown.click("Clear")
    shown.wait_for("The pad is empty")
    shown.drag(0, (0.3, 0.2), (0.7, 0.2), (0.5, 0.5), (0.4, 0.85))
    shown.wait_for("Your network says")
    shown.wait_for("at 112 across")
    pad = replayed(namespaces["06-mnist"], "06-mnist", shown.line)
    assert len(pad.values["strokes"]) == 1 and len(pad.values["strokes"][0]) >= 6
    assert_shows(shown, pad)
    assert f"{pad.frame.arrays['probabilities'].max():.3f} ◀" in shown.texts(2)


def test_a_digit_is_drawn_with_a_finger(explored, namespaces):
    shown = explored("06-mnist", "strokes=[]")
    session = shown.page.context.new_cdp_session(shown.page)
    places = [shown.place(0, 0.5, y) for y in (0.15, 0.3, 0.45, 0.6, 0.8)]
    for kind, place in [("touchStart", places[0]), *(("touchMove", place) for place in places[1:])]:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": place[0], "y": place[1]}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    shown.wait_for("at 140 across and 243 down")
    pad = replayed(namespaces["06-mnist"], "06-mnist", shown.line)
    [stroke] = pad.values["strokes"]
    assert len(stroke) == 5 and {x for x, _ in stroke} == {140}
    assert_shows(shown, pad)


def test_a_digit_is_drawn_with_the_keyboard(explored, namespaces):
    shown = explored("06-mnist", "strokes=[], pen=(140, 70)")
    shown.type(0, " ", *["ArrowDown"] * 9, " ", "ArrowLeft")
    shown.wait_for("The pen is up, at 126 across and 196 down")
    pad = replayed(namespaces["06-mnist"], "06-mnist", shown.line)
    assert pad.values["strokes"] == [[(140, 70 + 14 * k) for k in range(10)]]
    assert_shows(shown, pad)
    shown.type(0, "Delete")
    shown.wait_for("The pad is empty")


def test_ink_does_not_wait_for_python(explored):
    shown = explored("06-mnist", "strokes=[]")
    shown.notebook.execute("""
import time
quick = forward
def forward(X, params):
    time.sleep(1)
    return quick(X, params)
""")
    trace = shown.body.locator(".mlplab-trace")
    shown.drag(0, (0.3, 0.3), (0.7, 0.7))
    assert trace.count() == 1
    start, *_, end = [tuple(map(float, point.split(","))) for point in trace.get_attribute("points").split()]
    assert start == pytest.approx((84, 91.2), abs=0.5) and end == pytest.approx((196, 212.8), abs=0.5)
    trace.wait_for(state="detached")
    shown.wait_for("at 196 across and 213 down")


def test_the_gallery_follows_pointer_and_keys(explored, namespaces):
    shown = explored("07-fashion")
    x, y = shown.place(0, (74 + 28 * 2.5) / 400, (92 + 28 * 4.5) / 376)
    shown.page.mouse.click(x, y)
    shown.wait_for("True class coat, network says pullover")
    assert_shows(shown, replayed(namespaces["07-fashion"], "07-fashion", shown.line))
    assert shown.slider("true class").input_value() == "coat"
    shown.type(0, "ArrowDown", "ArrowDown", "ArrowLeft")
    shown.wait_for("True class shirt, network says trouser")
    shown.slider("network says").select_option("shirt")
    shown.slider("first").select_option("the least confident")
    shown.wait_for("the least confident first")
    gallery = replayed(namespaces["07-fashion"], "07-fashion", shown.line)
    assert len(gallery.frame.arrays["rows"]) == gallery.frame.arrays["confusion"][6, 6]
    assert_shows(shown, gallery)


def test_the_eye_follows_keys_and_pointer(explored, namespaces):
    shown = explored("08-eye-gaze")
    shown.press("pitch, degrees", "ArrowRight", "ArrowRight")
    shown.press("stranger", "ArrowRight")
    shown.wait_for("mean error with stranger 2")
    assert "looks 7.0° up" in shown.summary
    eye = replayed(namespaces["08-eye-gaze"], "08-eye-gaze", shown.line)
    assert_shows(shown, eye)
    assert shown.texts(0)[0] == f"error {eye.frame.arrays['error']:.1f}°"
    shown.drag(0, (0.5, 0.4), (0.7, 0.5))
    shown.wait_for("looks 2.0° down and 15.5° to the right")
    assert_shows(shown, replayed(namespaces["08-eye-gaze"], "08-eye-gaze", shown.line))


@pytest.mark.parametrize(("stage", "name", "moves"), [
    ("06-mnist", "softmax", lambda shown: shown.type(0, "ArrowLeft")),
    ("07-fashion", "confusion_matrix", lambda shown: shown.type(0, "ArrowLeft")),
    ("08-eye-gaze", "angular_error", lambda shown: shown.press("stranger", "ArrowRight")),
])
def test_a_function_that_fails_is_named_and_the_last_picture_stays(explored, stage, name, moves):
    shown = explored(stage)
    before = shown.texts(0)
    shown.notebook.execute(f"right = {name}")
    for body, words in (("raise ValueError('not today')", f"{name} raised ValueError: not today"),
                        ("return np.zeros((2, 2, 2))", f"{name} has shape (2, 2, 2)"),
                        ("return right(*given) * np.nan", "NaN or infinite"),
                        ("while True: pass", f"{name} took longer than 2 seconds")):
        shown.notebook.execute(f"def {name}(*given):\n    {body}")
        moves(shown)
        shown.wait_for(words, "message")
        assert shown.texts(0) == before
    shown.notebook.execute(f"{name} = right")
    moves(shown)
    shown.body.locator(".mlplab-message:empty").wait_for(state="attached")
