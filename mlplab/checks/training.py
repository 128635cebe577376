"""Visible checks of stage 05: a step, the training loop and the trained network's answer."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from mlplab.checking import ARGUMENTS, EXTREMES, SHAPES, Checks
from mlplab.checks._common import leaves_alone
from mlplab.checks._earlier import forgiving
from mlplab.checks._results import expect_shape
from mlplab.compare import CheckFailure, as_array, as_pair, expect_array, expect_float64, require
from mlplab.diagnosis import Diagnosis, Suspect, certain, explain, likely, same
from mlplab.gradcheck import TOLERANCE, best_numerical_gradient

check = Checks("05-training", visible=True)

TRAINED = ("w1", "w2", "errors")

# What a solution may call; where one of them is wrong, that was judged in its own place.
_NETWORK = ("sigmoid", "dense", "forward_pass")
_BACKWARD = ("sigmoid_prime", "mse", "mse_gradient", "dyhat_dw2", "dyhat_da", "da_dh", "dh_dwij", "dyhat_dwij",
             "backward", "backward_faster", "backward_pass")
_EARLIER = (*_NETWORK, *_BACKWARD, "sgd_step")

_XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])

UPDATE_FIRST = certain("update-before-use", "One layer was moved before the gradient of the other was worked out: "
                                             "both gradients belong to the same weights.")
AFTER_UPDATE = certain("error-after-update", "These errors are measured after the update of their epoch: each "
                                              "belongs to the weights with which the epoch begins.")


@check("sgd_step", weight=2)
def goes_where_you_can_work_out_by_hand(student, rng):
    """With a rate of ¼ and a slope of 2 the weight 1 goes down to ½."""
    w, gradient = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[2.0, 4.0], [-1.0, 0.0]])
    expect_array(student.sgd_step(w, gradient, 0.25), np.array([[0.5, -3.0], [0.75, 3.0]]), "sgd_step(w, gradient, ¼)",
                 suspects=[
                     Suspect(certain("ascent", "The step leads uphill: the gradient points to where the loss rises."),
                             lambda: [[1.5, -1.0], [0.25, 3.0]]),
                     Suspect(certain("no-learning-rate", "The step is as long as the gradient: where is the learning "
                                                         "rate?"), lambda: [[-1.0, -6.0], [1.5, 3.0]]),
                     Suspect(certain("hard-coded-learning-rate", "The rate is always 0.12: there is a parameter for "
                                                                 "it."), lambda: [[0.76, -2.48], [0.62, 3.0]]),
                     Suspect(certain("weights-shrunk", "The learning rate is multiplied with the weights too: it "
                                                       "belongs to the gradient alone."),
                             lambda: [[-0.25, -1.5], [0.375, 0.75]]),
                     Suspect(certain("mean-twice", "The gradient was divided by the number of rows: the 1/N is in it "
                                                   "already."), lambda: [[0.75, -2.5], [0.625, 3.0]]),
                     Suspect(certain("step-only", "This is the step itself: the new weights are asked for."),
                             lambda: [[-0.5, -1.0], [0.25, 0.0]]),
                     Suspect(certain("step-only", "This is the step itself: the new weights are asked for."),
                             lambda: [[0.5, 1.0], [-0.25, 0.0]])])


@check("sgd_step", category=SHAPES)
def keeps_the_shape_of_the_weights(student, rng):
    """Every weight is moved by its own slope."""
    for shape in ((2, 3), (3, 1), (1, 1)):
        moved = student.sgd_step(rng.normal(size=shape), rng.normal(size=shape), 0.1)
        expect_shape(moved, shape, "sgd_step(w, gradient, learning_rate)")
        expect_float64(moved, "sgd_step(w, gradient, learning_rate)")


@check("sgd_step", category=ARGUMENTS)
def leaves_the_old_weights_as_they_were(student, rng):
    """New weights in a new array: the old ones may be needed for the other gradient."""
    leaves_alone(student, "sgd_step", w=rng.normal(size=(2, 3)), gradient=rng.normal(size=(2, 3)), learning_rate=0.1)


@check("train", weight=2)
@forgiving(*_EARLIER)
def takes_the_first_step_you_can_work_out_by_hand(student, rng):
    """All weights 0: every activation is ½, every prediction 0, and half of the targets are 1.

    So the error is ½ · ½ = ¼. An output weight has the slope ½ · (−1 − 1) / 4 = −¼ and goes to 0.1 with a rate of
    0.4; the hidden weights have none, since all that comes back to them passes through output weights of 0.
    """
    w1, w2, errors = _trained(student, *_XOR, np.zeros((2, 2)), np.zeros((2, 1)), 0.4, 1)
    expect_array(errors, np.array([0.25]), "errors", suspects=[Suspect(AFTER_UPDATE, lambda: [0.205])])
    expect_array(w2, np.full((2, 1), 0.1), "w2", samples=4, suspects=[
        *_same_everywhere((2, 1), "not-updated", "The weights come back as they went in.", 0.0),
        *_same_everywhere((2, 1), "ascent", "The step leads uphill: the error will grow.", -0.1),
        *_same_everywhere((2, 1), "no-learning-rate", "The learning rate has no part in the step.", 0.25),
        *_same_everywhere((2, 1), "hard-coded-learning-rate", "The rate is always 0.12: there is a parameter for it.",
                          0.03),
        *_same_everywhere((2, 1), "epochs", "There was one epoch too many.", 0.18)])
    expect_array(w1, np.zeros((2, 2)), "w1", suspects=[Suspect(UPDATE_FIRST, lambda: np.full((2, 2), 0.0025))])


@check("train", weight=2)
@forgiving(*_EARLIER)
def takes_the_second_step_from_where_the_first_ended(student, rng):
    """With output weights of 0.1 every prediction is 0.1, the residuals are 0.1 and −0.9: the error is 0.205.

    An output weight has the slope ½ · (−1.6) / 4 = −0.2 and goes to 0.18. A hidden weight has the slope
    −0.8 · 0.1 · ¼ / 4 = −0.005, the input being 1 where the residuals add up to −0.8, and goes to 0.002.
    """
    w1, w2, errors = _trained(student, *_XOR, np.zeros((2, 2)), np.zeros((2, 1)), 0.4, 2)
    if same(errors, [0.25, 0.25]):
        restarted = same(w2, np.full((2, 1), 0.1))
        raise CheckFailure("errors is [0.25, 0.25]; [0.25, 0.205] is asked for.",
                           certain("restarts", "The second epoch begins from the first weights again: go on from the "
                                               "new ones.") if restarted else
                           certain("stale-prediction", "The second error is the first one again: has the network "
                                                       "predicted anew with its new weights?"))
    expect_array(errors, np.array([0.25, 0.205]), "errors", suspects=[
        Suspect(certain("epochs", "The last epoch is missing."), lambda: [0.25, 0.0]),
        Suspect(certain("epochs", "The last epoch is missing."), lambda: [0.25])])
    expect_array(w2, np.full((2, 1), 0.18), "w2", suspects=_same_everywhere(
        (2, 1), "epochs", "There was one epoch too few.", 0.1))
    expect_array(w1, np.full((2, 2), 0.002), "w1", suspects=[
        *_same_everywhere((2, 2), "one-layer-only", "Only the output weights were moved.", 0.0),
        *_same_everywhere((2, 2), "wrong-slope", "The hidden weights moved too far: how steep is the sigmoid where its "
                                                 "activation is ½?", 0.004, 0.008, 0.008 * 0.622459331202)])


@check("train", weight=2)
@forgiving(*_EARLIER)
def moves_both_layers_down_the_slope_of_your_loss(student, rng):
    """How far a weight went in one epoch, over the rate, is the slope measured on your own `forward_pass` and `mse`."""
    X, y, w1, w2 = random_task(rng, 3, 2, 2, 1)

    def loss(w1: np.ndarray, w2: np.ndarray) -> object:
        _, y_hat = as_pair(student.forward_pass(X.copy(), w1, w2), "forward_pass(X, w1, w2)", ("act_hidden", "y_hat"))
        return as_pair(student.mse(y_hat, y.copy()), "mse(y_hat, y)", ("residual", "error"))[1]

    rate = 0.25
    new_w1, new_w2, _ = _trained(student, X, y, w1, w2, rate, 1)
    for name, new, old, along in (("w1", new_w1, w1, lambda moved: loss(moved, w2.copy())),
                                  ("w2", new_w2, w2, lambda moved: loss(w1.copy(), moved))):
        expect_shape(new, old.shape, name)
        step = (old - new) / rate
        measured, error = best_numerical_gradient(along, old, step)
        require(bool(measured.any()), f"Your own error does not change with {name}.")
        if not error < TOLERANCE:
            raise CheckFailure(f"The step of {name} has a relative error of {error:.2g} against the measured slope; "
                               f"below {TOLERANCE:g} is asked for.",
                               unless_near_miss(explain(step, measured, samples=3)))


@check("train", category=SHAPES)
@forgiving(*_EARLIER)
def goes_on_where_it_stopped(student, rng):
    """Two epochs, and from there three more, are five epochs."""
    X, y, w1, w2 = random_task(rng, 5, 2, 3, 1)
    *whole, errors = _trained(student, X, y, w1, w2, 0.1, 5)
    *half_way, first = _trained(student, X, y, w1, w2, 0.1, 2)
    *end, then = _trained(student, X, y, *half_way, 0.1, 3)
    errors = recorded(errors, 5), np.concatenate([recorded(first, 2), recorded(then, 3)])
    for name, at_once, in_two in zip(TRAINED, (*whole, errors[0]), (*end, errors[1]), strict=True):
        require(at_once.shape == in_two.shape and np.allclose(at_once, in_two, rtol=1e-7, atol=1e-12),
                f"{name} of five epochs is not that of two epochs and then three more.",
                likely("history", "An epoch depends on more than the weights with which it begins: on its number, or "
                                  "on what was there before?"))


@check("train", category=SHAPES)
@forgiving(*_EARLIER)
def records_an_error_for_each_epoch(student, rng):
    """errors is an array (n_epochs,), and the weights keep their shapes."""
    X, y, w1, w2 = random_task(rng, 5, 2, 3, 4)
    for n_epochs in (1, 3, 7):
        *weights, errors = _trained(student, X, y, w1, w2, 0.1, n_epochs)
        expect_float64(recorded(errors, n_epochs), "errors")
        for name, part, old in zip(TRAINED, weights, (w1, w2), strict=False):
            expect_shape(part, old.shape, name)
            expect_float64(part, name)


@check("train", category=ARGUMENTS)
@forgiving(*_EARLIER)
def leaves_data_and_first_weights_as_they_were(student, rng):
    """Training again from the same weights is to give the same again."""
    X, y, w1, w2 = random_task(rng, 5, 2, 3, 2)
    leaves_alone(student, "train", X=X, y=y, w1=w1, w2=w2, learning_rate=0.1, n_epochs=2)


@check("predict", weight=2)
@forgiving(*_NETWORK)
def decides_as_you_can_work_out_by_hand(student, rng):
    """The two outputs are −0.5, 1.25, 0.25, 1.7 and 0.4, 0.6, 0.6, 0.72: from ½ upwards the answer is 1."""
    w1, w2 = np.log(3) * np.array([[1.0, 0.0], [1.0, -1.0]]), np.array([[3.0, 0.8], [-4.0, 0.0]])
    expect_array(student.predict(_XOR[0].copy(), w1, w2), np.array([[0, 0], [1, 1], [0, 1], [1, 1]]),
                 "predict(X, w1, w2)", suspects=[
                     Suspect(certain("nearest-integer", "The outputs are rounded to the nearest whole number: 1.7 "
                                                        "becomes 2. There are two answers only."),
                             lambda: [[0, 0], [1, 1], [0, 1], [2, 1]]),
                     Suspect(certain("threshold-zero", "The line is drawn at 0: it is to be drawn at ½."),
                             lambda: [[0, 1], [1, 1], [1, 1], [1, 1]]),
                     Suspect(certain("inverted", "The two answers are swapped."),
                             lambda: [[1, 1], [0, 0], [1, 0], [0, 0]]),
                     Suspect(certain("cut-off", "The decimals are cut off: 0.6 becomes 0."),
                             lambda: [[0, 0], [1, 0], [0, 0], [1, 0]]),
                     Suspect(certain("output-for-answer", "These are the outputs of the network: a decision, 0 or 1, "
                                                          "is asked for."),
                             lambda: [[-0.5, 0.4], [1.25, 0.6], [0.25, 0.6], [1.7, 0.72]])])


@check("predict", category=EXTREMES)
@forgiving(*_NETWORK)
def is_one_at_exactly_a_half(student, rng):
    """A hidden unit fully on, at 1, and output weights of ½, a little less and a little more."""
    expect_array(student.predict(np.array([[50.0]]), np.array([[1.0]]), np.array([[0.5, 0.499, 0.501]])),
                 np.array([[1, 0, 1]]), "predict for outputs of ½, 0.499 and 0.501", suspects=[
                     Suspect(certain("strictly-greater", "At ½ itself the answer is 1: `>` or `>=`?"),
                             lambda: [[0, 0, 1]])])


@check("predict", category=SHAPES)
@forgiving(*_NETWORK)
def answers_with_integers_in_the_shape_of_y(student, rng):
    """(N, K) whole numbers, also where N or K is 1."""
    for n, d, h, k in ((5, 2, 3, 4), (5, 2, 3, 1), (1, 2, 1, 1)):
        X, _, w1, w2 = random_task(rng, n, d, h, k)
        answer = student.predict(X, w1, w2)
        expect_shape(answer, (n, k), "predict(X, w1, w2)")
        dtype = as_array(answer, "predict(X, w1, w2)").dtype
        require(dtype.kind in "iu", f"The answers have dtype {dtype}; integers are asked for.",
                certain("not-integers", "The answers are to be integers: `.astype(int)` makes them."))


@check("predict", category=ARGUMENTS)
@forgiving(*_NETWORK)
def leaves_inputs_and_weights_alone(student, rng):
    """A decision changes nothing."""
    X, _, w1, w2 = random_task(rng, 5, 2, 3, 2)
    leaves_alone(student, "predict", X=X, w1=w1, w2=w2)


def random_task(rng: np.random.Generator, n: int, d: int, h: int, k: int) -> tuple[np.ndarray, ...]:
    """X (N, D), y (N, K), w1 (D, H) and w2 (H, K), normal."""
    return rng.normal(size=(n, d)), rng.normal(size=(n, k)), rng.normal(size=(d, h)), rng.normal(size=(h, k))


def trained(value: object, shapes: Sequence[tuple[int, ...]]) -> Sequence[object]:
    """The three results of `train`, each of whatever kind; fails the check where they are not three, or out of order.

    Inputs: the value, and the shapes of its parts as they are asked for.
    """
    require(value is not None, "train(…) is None; (w1, w2, errors) is asked for.",
            certain("returns-nothing", "Nothing comes back: is there a `return`?"))
    if not isinstance(value, tuple | list) or len(value) != 3:
        kind = getattr(value, "type_name", type(value).__name__)
        raise CheckFailure(f"train(…) is a {kind}; (w1, w2, errors) is asked for.",
                           certain("not-a-triple", "Return all three: `return w1, w2, errors`."))
    found = [part.shape if isinstance(part, np.ndarray) else None for part in value]
    require(found == list(shapes) or Counter(found) != Counter(shapes),
            f"The shapes are {', '.join(map(str, found))}; {', '.join(map(str, shapes))} are asked for.",
            certain("swapped", "The three results stand in another order: `return w1, w2, errors`."))
    return value


def recorded(errors: object, n_epochs: int) -> np.ndarray:
    """The errors as an array; fails the check unless there is one for each epoch."""
    array = as_array(errors, "errors")
    require(array.ndim != 1 or array.size == n_epochs, f"errors has shape {array.shape} for {n_epochs} epochs.",
            certain("epochs", f"There are {array.size} errors for {n_epochs} epochs: where does your loop begin, and "
                              "where does it end?"))
    expect_shape(array, (n_epochs,), "errors")
    return array


def _trained(student, X, y, w1, w2, learning_rate, n_epochs) -> tuple[np.ndarray, np.ndarray, object]:
    """Both layers as arrays, of whatever shape, and the errors as they come."""
    value = student.train(*(array.copy() for array in (X, y, w1, w2)), learning_rate, n_epochs)
    new_w1, new_w2, errors = trained(value, (w1.shape, w2.shape, (n_epochs,)))
    return as_array(new_w1, "w1"), as_array(new_w2, "w2"), errors


def unless_near_miss(diagnosis: Diagnosis | None) -> Diagnosis | None:
    """The diagnosis, unless it is that digits were lost: the slips of a training loop change a step by as little."""
    return None if diagnosis and diagnosis.code == "precision" else diagnosis


def _same_everywhere(shape: tuple[int, ...], code: str, text: str, *numbers: float) -> list[Suspect]:
    """One slip that shows in an array of one of several numbers."""
    return [Suspect(certain(code, text), lambda number=number: np.full(shape, number)) for number in numbers]
