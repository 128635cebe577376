"""Explorables in a running JupyterLab: they appear, react with the numbers that Python computes, and stay calm."""

import pytest
from conftest import Explored

from autograder.reference import activation
from mlplab.plots.values import said

SETUP = """
import mlplab
from autograder.reference.activation import *
lab = mlplab.stage({stage!r})
"""


@pytest.fixture
def explored(open_notebook):
    """Opens a stage's explorable in a notebook of the reference's functions."""

    def opened(stage: str, state: str = "", **options: object) -> Explored:
        return Explored(open_notebook(SETUP.format(stage=stage), f"lab.explore({state})", **options))

    return opened


@pytest.mark.parametrize("stage", ["01-activation"])
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
