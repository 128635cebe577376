"""Each explorable by the numbers that its picture is drawn from."""

import numpy as np
import pytest

from autograder.reference import activation, backprop, forward, loss, training
from mlplab.explore.activation import ActivationExplorer
from mlplab.explore.backprop import Xray
from mlplab.explore.drawing import X_XOR, Y_XOR
from mlplab.explore.forward import NeuronPlayground
from mlplab.explore.loss import LossLandscape
from mlplab.explore.scene import texts
from mlplab.explore.training import TrainingRoom

ACTIVATION = vars(activation)
COURSE = {name: value for module in (activation, forward, loss, backprop, training)
          for name, value in vars(module).items()}


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


# 02: neuron playground


SOLVES_XOR = {"w1_11": 4.4, "w1_21": 4.5, "w1_12": 0.7, "w1_22": 0.9, "w1_13": -1.1, "w1_23": -0.4,
              "w2_1": 4.9, "w2_2": -6.2, "w2_3": 1.3}


def test_the_playground_draws_what_forward_pass_answers():
    arrays = drawn(NeuronPlayground, COURSE, w1_12=-3.0, w2_1=2.5).frame.arrays
    assert arrays["w1"][0, 1] == -3.0 and arrays["w2"][0, 0] == 2.5
    act_hidden, y_hat = forward.forward_pass(X_XOR, arrays["w1"], arrays["w2"])
    np.testing.assert_allclose(arrays["act_hidden"], act_hidden)
    np.testing.assert_allclose(arrays["residual"], y_hat - Y_XOR)
    place = 17 * 31 + 5  # x₁ is the sixth of the axis, x₂ the eighteenth
    point = np.array([[-0.25 + 1.5 * 5 / 30, -0.25 + 1.5 * 17 / 30]])
    act_hidden, y_hat = forward.forward_pass(point, arrays["w1"], arrays["w2"])
    assert arrays["shading"][place] == pytest.approx(y_hat[0, 0])
    np.testing.assert_allclose(arrays["hidden"][place], act_hidden[0])


def test_the_weights_that_the_notebook_names_solve_xor():
    assert drawn(NeuronPlayground, COURSE, **SOLVES_XOR).frame.summary.startswith("4 of 4 points")


# 03: loss landscape


def test_the_landscape_is_the_loss():
    explorable = drawn(LossLandscape, COURSE)
    arrays, axis = explorable.frame.arrays, explorable.frame.arrays["axis"]
    at = drawn(LossLandscape, COURSE, a=axis[7].round(2), b=axis[3].round(2)).frame.arrays
    assert arrays["loss"][3, 7] == pytest.approx(at["at_ball"], rel=0.02)  # a slider has two decimals
    np.testing.assert_allclose(arrays["gradient"], arrays["numerical"], rtol=1e-6)


def test_the_ball_rolls_downhill_and_back():
    explorable = drawn(LossLandscape, COURSE)
    losses = [explorable.frame.arrays["at_ball"]]
    for _ in range(5):
        explorable.react({"press": ["one"]})
        losses.append(explorable.frame.arrays["at_ball"])
    assert losses == sorted(losses, reverse=True) and len(explorable.values["trail"]) == 5
    assert drawn(LossLandscape, COURSE, **explorable.values).frame.summary == explorable.frame.summary
    explorable.react({"press": ["back"]})
    assert explorable.frame.arrays["at_ball"] == losses[0] and explorable.values["trail"] == []


def test_a_gradient_without_its_mean_is_seen_on_the_ball():
    explorable = drawn(LossLandscape, {**COURSE, "mse_gradient": lambda y_hat, y: y_hat - y})
    np.testing.assert_allclose(explorable.frame.arrays["gradient"], 4 * explorable.frame.arrays["numerical"], rtol=1e-6)
    assert "They differ" in explorable.frame.summary


def test_the_landscape_is_drawn_anew_when_the_loss_is():
    namespace = dict(COURSE)
    explorable = drawn(LossLandscape, namespace)
    before = explorable.frame.arrays["loss"]
    namespace["mse"] = lambda y_hat, y: (y_hat - y, 2 * loss.mse(y_hat, y)[1])
    explorable.react({})
    np.testing.assert_allclose(explorable.frame.arrays["loss"], 2 * before)


def test_the_same_weight_twice_is_no_plane():
    assert "two weights are the same" in drawn(LossLandscape, COURSE).react({"set": {"up": "w1_12"}})["message"]


# 04: X-ray


def test_the_xray_s_gradient_is_that_of_backward_pass():
    arrays = drawn(Xray, COURSE).frame.arrays
    X, y = arrays["x"][np.newaxis], np.array([[arrays["y"]]])
    act_hidden, y_hat = forward.forward_pass(X, arrays["w1"], arrays["w2"])
    dw1, dw2 = backprop.backward_pass(X, y, y_hat, act_hidden, arrays["w2"])
    np.testing.assert_allclose(arrays["gradient"], [*dw1.ravel(), *dw2.ravel()])
    assert not arrays["differs"].any() and "all nine entries" in drawn(Xray, COURSE).frame.summary


def test_the_slip_is_marked_where_it_is():
    def slip(x, a, w2, i, j):
        return backprop.dyhat_dwij(x, a, w2, i, j) * activation.sigmoid(a[j]) / activation.sigmoid_prime(a[j])

    explorable = drawn(Xray, {**COURSE, "dyhat_dwij": slip})
    assert explorable.frame.arrays["differs"].tolist() == [True] * 6 + [False] * 3
    assert texts(explorable.frame.panels[2]).count("≠") == 6


def test_a_small_nudge_keeps_the_promise_and_a_large_one_does_not():
    small, large = (drawn(Xray, COURSE, nudge=nudge).frame.arrays for nudge in (0.05, 2.0))
    assert small["actual"] == pytest.approx(small["predicted"], rel=0.1)
    assert large["actual"] != pytest.approx(large["predicted"], rel=0.1)


def test_the_xray_goes_step_by_step():
    explorable = drawn(Xray, COURSE, at=0)
    titles = []
    for _ in range(9):
        titles.append(explorable.frame.panels[1].title)
        explorable.react({"press": ["next"]})
    assert explorable.values["at"] == 7
    assert [title.rpartition(" ")[2] for title in titles[3:8]] == ["∂L/∂ŷ", "∂ŷ/∂w₂", "∂ŷ/∂a", "∂a/∂h", "∂h/∂w"]


# 05: training room


def played(explorable, most=400):
    """Lets the room play until it stops by itself, as it does once the epoch of its state is reached."""
    for _ in range(most):
        if not explorable.playing:
            return explorable
        explorable.react({"tick": 1})
    raise AssertionError("it does not stop")


def test_the_room_trains_as_train_does():
    explorable = drawn(TrainingRoom, COURSE)
    explorable.react({"press": ["play"]})
    for _ in range(5):
        explorable.react({"tick": 1})
    explorable.react({"press": ["play"]})
    arrays = explorable.frame.arrays
    assert explorable.values["epoch"] == 100 and not explorable.playing
    start = forward.initialize_weights(2, 3, 1, np.random.default_rng(0))
    w1, w2, errors = training.train(X_XOR, Y_XOR, *start, 0.12, 100)
    np.testing.assert_allclose(arrays["errors"], errors)
    np.testing.assert_allclose(arrays["w1"], w1)
    act_hidden, y_hat = forward.forward_pass(X_XOR, w1, w2)
    sizes = [np.abs(dw).mean() for dw in backprop.backward_pass(X_XOR, Y_XOR, y_hat, act_hidden, w2)]
    np.testing.assert_allclose(arrays["gradients"], sizes)
    again = played(drawn(TrainingRoom, COURSE, **explorable.values))
    np.testing.assert_allclose(again.frame.arrays["w2"], w2)


def test_rewind_keeps_the_seed():
    explorable = drawn(TrainingRoom, COURSE, seed=5)
    before = explorable.react({})
    explorable.react({"press": ["step"]})
    assert explorable.frame.arrays["errors"].shape == (20,)
    assert explorable.react({"press": ["rewind"]}) == before


def test_twenty_seeds_tell_who_solved_it_and_who_is_stuck():
    explorable = played(drawn(TrainingRoom, COURSE, view="twenty seeds", epoch=3000, pace=100))
    arrays = explorable.frame.arrays
    w1, w2, errors = training.train(X_XOR, Y_XOR, *forward.initialize_weights(2, 3, 1, np.random.default_rng(6)), 0.12,
                                    3000)
    np.testing.assert_allclose(arrays["errors"][6], errors)
    assert arrays["stuck"][6] and not arrays["solved"][6]
    assert arrays["bend"][arrays["stuck"]].max() < 0.1 < 0.4 < arrays["bend"][arrays["solved"]].min()
    assert f"{arrays['solved'].sum()} of 20 seeds" in explorable.frame.summary
    assert "nearly planes" in explorable.frame.summary


@pytest.mark.parametrize("data", ["circles", "spiral"])
def test_other_data_and_a_bias(data):
    explorable = drawn(TrainingRoom, COURSE, data=data, hidden=8, bias="a third input of 1", start="both signs")
    explorable.react({"press": ["step"]})
    arrays = explorable.frame.arrays
    assert arrays["X"].shape == (60, 3) and arrays["w1"].shape == (3, 8)
    assert (arrays["X"][:, 2] == 1).all() and arrays["y"].sum() == 30
    assert arrays["errors"][-1] < arrays["errors"][0]


def test_points_are_painted_by_pointer_and_by_keys():
    explorable = drawn(TrainingRoom, COURSE)
    explorable.react({"set": {"data": "painted"}})
    assert "No points yet" in explorable.frame.summary
    explorable.react({"points": [[0, 12 + 270 / 3, 30 + 270 / 6, True]]})
    explorable.react({"keys": [[0, "ArrowLeft"], [0, "ArrowDown"], [0, "0"]]})
    assert explorable.values["painted"] == [(0.25, 1.0, 1), (0.45, 0.45, 0)]
    np.testing.assert_array_equal(explorable.frame.arrays["y"], [[1], [0]])
    explorable.react({"press": ["clear"]})
    assert explorable.values["painted"] == []


def test_a_train_that_fails_stops_the_play():
    namespace = dict(COURSE)
    explorable = drawn(TrainingRoom, namespace)
    explorable.react({"press": ["play"]})
    namespace["train"] = lambda *args: (args[2], args[3])
    answer = explorable.react({"tick": 1})
    assert "something else than the three" in answer["message"] and not answer["playing"]


@pytest.mark.parametrize("kind", [ActivationExplorer, NeuronPlayground, LossLandscape, Xray, TrainingRoom])
def test_every_explorable_restores_its_state_and_names_what_it_needs(kind):
    explorable = drawn(kind, COURSE)
    assert drawn(kind, COURSE, **explorable.values).shown() == explorable.shown()
    assert explorable.missing() == [] and kind({}).missing() == list(kind.needs)
