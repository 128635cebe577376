"""Each explorable by the numbers that its picture is drawn from."""

import numpy as np
import pytest

from autograder.reference import activation
from mlplab.explore.activation import ActivationExplorer
from mlplab.explore.scene import texts

ACTIVATION = vars(activation)


def drawn(kind, namespace, **state):
    explorable = kind(namespace, **state)
    answer = explorable.react({})
    assert answer["message"] == ""
    return explorable


# 01: activation explorer


@pytest.mark.parametrize(("function", "x", "value", "slope"), [
    ("sigmoid", 0.0, 0.5, 0.25), ("tanh", 0.0, 0.0, 1.0), ("relu", 2.0, 2.0, 1.0), ("relu", -2.0, 0.0, 0.0)])
def test_value_and_slope_at_x(function, x, value, slope):
    arrays = drawn(ActivationExplorer, ACTIVATION, function=function, x=x).frame.arrays
    assert arrays["value"] == pytest.approx(value) and arrays["slope_at_x"] == pytest.approx(slope)
    assert arrays["numerical_at_x"] == pytest.approx(slope, abs=1e-9)
    np.testing.assert_allclose(arrays["slope"], arrays["numerical_slope"], atol=1e-9)


def test_flat_is_where_the_slope_is_below_a_tenth_of_the_steepest():
    arrays = drawn(ActivationExplorer, ACTIVATION).frame.arrays
    np.testing.assert_array_equal(arrays["flat"], activation.sigmoid_prime(activation.sigmoid(arrays["grid"])) < 0.025)
    assert "saturates" in drawn(ActivationExplorer, ACTIVATION, x=-5.0).frame.summary
    assert "saturates" not in drawn(ActivationExplorer, ACTIVATION, x=1.0).frame.summary


def test_a_wrong_slope_is_seen():
    explorable = drawn(ActivationExplorer, {**ACTIVATION, "sigmoid_prime": lambda a: 1 - a}, x=0.0)
    assert "The two differ" in explorable.frame.summary
    assert any("≠" in text for text in texts(explorable.frame.panels[2]))


def test_at_the_kink_of_relu_either_slope_agrees():
    summary = drawn(ActivationExplorer, ACTIVATION, function="relu", x=0.0).frame.summary
    assert "The two agree; x is at a bend, with slope 0 to its left and 1 to its right" in summary


def test_x_follows_the_pointer():
    explorable = drawn(ActivationExplorer, ACTIVATION)
    explorable.react({"points": [[0, 38 + 312 / 2, 100, True]]})
    assert explorable.values["x"] == 0.0
    explorable.react({"points": [[0, 1000, 100, False]]})
    assert explorable.values["x"] == 8.0


def test_a_function_that_is_not_written_waits():
    namespace = {name: ACTIVATION[name] for name in ("sigmoid", "sigmoid_prime")}
    explorable = drawn(ActivationExplorer, namespace)
    assert "no function tanh_prime" in explorable.react({"set": {"function": "tanh"}})["message"]
