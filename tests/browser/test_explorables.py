"""Explorables in a running JupyterLab: they appear, react with the numbers that Python computes, and stay calm."""

import numpy as np
import pytest
from conftest import Explored

from autograder.reference import activation, forward, loss, training
from mlplab.explore.drawing import X_XOR, Y_XOR, short
from mlplab.plots.values import said

XOR_STAGES = ("01-activation", "02-forward", "03-loss", "04-backprop", "05-training")

SETUP = """
import mlplab
from autograder.reference.activation import *
from autograder.reference.forward import *
from autograder.reference.loss import *
from autograder.reference.backprop import *
from autograder.reference.training import *
lab = mlplab.stage({stage!r})
"""


@pytest.fixture
def explored(open_notebook):
    """Opens a stage's explorable in a notebook of the reference's functions."""

    def opened(stage: str, state: str = "", **options: object) -> Explored:
        return Explored(open_notebook(SETUP.format(stage=stage), f"lab.explore({state})", **options))

    return opened


@pytest.mark.parametrize("stage", XOR_STAGES)
def test_it_is_accessible_in_both_themes_and_asks_nobody_outside(explored, stage):
    shown = explored(stage)
    for theme in ("Light", "Dark"):
        shown.notebook.theme(theme)
        assert shown.violations() == []
    assert shown.body.locator(".mlplab-summary").get_attribute("aria-live") == "polite"
    assert shown.notebook.strangers == []


def test_activation_follows_keys_and_pointer(explored):
    shown = explored("01-activation", "x=1.0")
    shown.press("x", "ArrowRight", "ArrowRight")
    shown.wait_for(f"sigmoid(1.2) = {said(activation.sigmoid(1.2))}")
    slope = activation.sigmoid_prime(activation.sigmoid(1.2))
    assert shown.texts(2)[-1] == shown.texts(2)[2] == said(slope)
    assert shown.line == "lab.explore(function='sigmoid', x=1.2)"
    shown.drag(0, (0.5, 0.5), (0.3, 0.5))
    shown.wait_for("flat")
    x = float(shown.slider("x").input_value())
    assert x < -3 and f"= {said(activation.sigmoid(x))}" in shown.summary


def test_a_function_that_fails_is_named_and_the_last_picture_stays(explored):
    shown = explored("01-activation", "x=1.0")
    before = shown.texts(2)
    for body, words in (
            ("raise ValueError('no slope today')", "sigmoid_prime raised ValueError: no slope today"),
            ("return np.zeros(3)[:2]", "sigmoid_prime has shape (2,)"),
            ("return a * np.nan", "NaN or infinite"),
            ("import time\n    while True: time.sleep(0.01)", "sigmoid_prime took longer than 2 seconds"),
    ):
        shown.notebook.execute(f"def sigmoid_prime(a):\n    {body}")
        shown.press("x", "ArrowRight")
        shown.wait_for(words, "message")
        assert shown.texts(2) == before
    shown.notebook.execute("from autograder.reference.activation import sigmoid_prime")
    shown.press("x", "Home")
    shown.wait_for("sigmoid(−8)")
    assert shown.message == ""


def test_the_line_restores_the_picture(explored):
    first = explored("01-activation", "function='tanh', x=-0.4")
    second = explored("01-activation", first.line.removeprefix("lab.explore(").removesuffix(")"))
    assert second.summary == first.summary
    assert second.body.locator("svg").all_inner_texts() == first.body.locator("svg").all_inner_texts()


def test_without_its_functions_it_says_which_ones_to_write(open_notebook):
    notebook = open_notebook("import mlplab\nlab = mlplab.stage('01-activation')\nlab.explore()")
    notebook.page.get_by_text("Activation explorer waits for sigmoid and sigmoid_prime").wait_for()


def test_one_picture_at_a_time(explored):
    """The still picture that goes out with the widget is hidden while the widget is there, and shown in its place."""
    shown = explored("01-activation")
    still = shown.page.locator(".mlplab-still")
    assert still.count() == 1 and not still.is_visible()
    shown.page.evaluate("document.querySelector('.mlplab-body').remove()")
    assert still.is_visible()
    assert "sigmoid(1.5) = " in still.locator("img").get_attribute("alt")


def test_playground_follows_keys(explored):
    shown = explored("02-forward")
    shown.press("w2[1]", "ArrowLeft", "ArrowLeft")
    shown.wait_for("(0, 0) is to be 0 and gets 0.7;")
    w1 = np.array([[0.9, 0.2, 0.5], [0.3, 0.8, 0.6]])
    _, y_hat = forward.forward_pass(X_XOR, w1, np.array([[0.5], [0.4], [0.5]]))
    assert [short(answer) for answer in y_hat[:, 0]] == shown.texts(2)[6::4]
    shown.notebook.execute("def forward_pass(X, w1, w2):\n    return X @ w1")
    shown.press("w2[1]", "ArrowLeft")
    shown.wait_for("the pair (act_hidden, y_hat) is asked for", "message")
    assert [short(answer) for answer in y_hat[:, 0]] == shown.texts(2)[6::4]


def test_landscape_rolls_and_takes_the_pointer(explored):
    shown = explored("03-loss")
    shown.press("step size", "Home")
    shown.click("One step")
    shown.wait_for("1 step taken")
    shown.drag(0, (0.7, 0.4))
    shown.wait_for("0 steps taken")
    a, b = (float(shown.slider(f"ball, {way}").input_value()) for way in ("across", "up"))
    assert 2 < a < 5 and 0 < b < 4
    w1, w2 = np.array([[-1.1, a, 0.7], [-0.4, 4.5, 0.9]]), np.array([[1.3], [4.9], [b]])
    _, y_hat = forward.forward_pass(X_XOR, w1, w2)
    assert f"the loss is {said(loss.mse(y_hat, Y_XOR)[1])}" in shown.summary
    shown.notebook.execute("def mse_gradient(y_hat, y):\n    raise RuntimeError('no way down')")
    shown.click("One step")
    shown.wait_for("mse_gradient raised RuntimeError: no way down", "message")


def test_xray_goes_on_and_marks_what_differs(explored):
    shown = explored("04-backprop", "at=3")
    shown.click("Step on")
    shown.wait_for("Step 4, back: ∂ŷ/∂w₂")
    assert shown.texts(2).count("=") == 9
    shown.notebook.execute("good = dyhat_dw2\ndef dyhat_dw2(act_hidden):\n    return 1 - good(act_hidden)")
    shown.press("nudge", "End")
    shown.wait_for("≠ w2_1, w2_2, w2_3 differ")
    assert shown.texts(2).count("≠") == 3
    shown.notebook.execute("def da_dh(a):\n    return a * (1 - a)")
    shown.press("nudge", "Home")
    shown.wait_for("da_dh has shape (3,); (3, 3) is asked for", "message")


def test_room_plays_pauses_rewinds_and_is_painted_in(explored):
    shown = explored("05-training", "pace=50")
    before = shown.summary
    shown.click("Step")
    shown.wait_for("Epoch 50:")
    errors = training.train(X_XOR, Y_XOR, *forward.initialize_weights(2, 3, 1, np.random.default_rng(0)), 0.12, 51)[2]
    assert f"loss {said(errors[50])}," in shown.summary
    shown.click("Play")
    shown.wait_for("It sits on the plateau")
    shown.click("Pause")
    shown.body.get_by_role("button", name="Play", exact=True).wait_for()
    shown.click("Rewind")
    shown.wait_for("Epoch 0:")
    assert shown.summary == before
    shown.slider("data").select_option("painted")
    shown.wait_for("No points yet")
    shown.drag(0, (0.5, 0.3), (0.5, 0.3))
    plane = shown.body.get_by_role("application")
    plane.focus()
    for key in ("ArrowDown", "ArrowDown", "0"):
        shown.page.keyboard.press(key)
    shown.wait_for("of 2 points")
    assert "(0.5, 0.4, 0)]" in shown.line
    shown.notebook.execute("def train(*args):\n    raise ValueError('tired')")
    shown.click("Play")
    shown.wait_for("train raised ValueError: tired", "message")
    shown.body.get_by_role("button", name="Play", exact=True).wait_for()


def test_reduced_motion_plays_in_large_steps(explored):
    shown = explored("05-training", "pace=1", motion="reduce")
    shown.click("Play")
    shown.body.locator("text", has_text="epoch 20").wait_for(timeout=10_000)
    shown.click("Pause")
    shown.body.get_by_role("button", name="Play", exact=True).wait_for()
    epoch = int(shown.summary.split(":")[0].removeprefix("Epoch "))
    assert epoch % 20 == 0 and epoch > 0
