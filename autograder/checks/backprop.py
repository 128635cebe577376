"""Hidden checks of stage 04 against the reference.

Follow-through: an own `sigmoid_prime`, `mse`, `mse_gradient` or Jacobian that is wrong was judged in its own place,
so a function that is right given these passes. A backward pass is not judged by another one of the three: they are
one function in three styles, and whoever repeats a slip there, or calls it, has not done the exercise.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from itertools import chain, product

import numpy as np

from autograder.checks._common import expect_different_answers, first_to_agree
from autograder.reference import activation, backprop, loss
from mlplab.checking import SHAPES, Checks
from mlplab.checks._earlier import own_value
from mlplab.checks.backprop import each_version, gradients, random_batch
from mlplab.checks.derivatives import whole
from mlplab.compare import as_array, expect_array
from mlplab.diagnosis import Suspect, certain, likely, same
from mlplab.differences import difference_slips
from mlplab.slopes import slope_slips
from mlplab.student import StudentError

check = Checks("04-backprop", visible=False)

# A value, and the names of the student's own functions that went into it.
Alternative = tuple[tuple[str, ...], np.ndarray]

_NAMES = ("dL_dw1", "dL_dw2")


# With a step of 1e-5 the curvature does not always show, and every quotient of differences gives nearly the same. So
# the steps are large; that the default is 1e-5 is a visible check's business.


@check("numerical_gradient", weight=3)
def agrees_on_random_functions(student, rng):
    """Functions in which every weight meets every other."""
    for shape in ((3,), (1, 4)):
        functions = [_random_function(rng, shape) for _ in range(2)]
        points = [rng.normal(size=shape) for _ in range(2)]
        expected = [backprop.numerical_gradient(f, w, 0.1) for f, w in zip(functions, points, strict=True)]
        values = [as_array(student.numerical_gradient(f, w.copy(), 0.1), "numerical_gradient")
                  for f, w in zip(functions, points, strict=True)]
        expect_different_answers(values, expected)
        for value, right, f, w in zip(values, expected, functions, points, strict=True):
            _expect_numerical(value, right, f, w, 0.1)


@check("numerical_gradient", weight=2)
def agrees_with_steps_of_other_sizes(student, rng):
    """One larger, one smaller."""
    for shape, step in (((5,), 0.3), ((3, 2), 0.02)):
        f, w = _random_function(rng, shape), rng.normal(size=shape)
        _expect_numerical(student.numerical_gradient(f, w.copy(), step), backprop.numerical_gradient(f, w, step),
                          f, w, step)


@check("numerical_gradient", category=SHAPES)
def takes_a_single_weight_and_a_stack_of_matrices(student, rng):
    """Of one axis, of two of the same length, and of three."""
    for shape in ((1,), (2, 2), (2, 1, 2)):
        f, w = _random_function(rng, shape), rng.normal(size=shape)
        _expect_numerical(student.numerical_gradient(f, w.copy(), 0.1), backprop.numerical_gradient(f, w, 0.1),
                          f, w, 0.1)


def _random_function(rng: np.random.Generator, shape: tuple[int, ...]) -> Callable[[np.ndarray], float]:
    mixed, cubed = rng.normal(size=(2, *shape))
    return lambda w: float(np.sin(np.sum(mixed * w)) + np.sum(cubed * w**3))


def _expect_numerical(actual, expected, f, w, step) -> None:
    expect_array(actual, expected, f"numerical_gradient for w of shape {w.shape}", rtol=1e-5, atol=1e-8,
                 suspects=difference_slips(f, w, step))


@check("dyhat_dw2", weight=5)
def agrees_on_random_activations(student, rng):
    """Batches of several shapes, one sample and one unit among them."""
    _agrees_on(student, "dyhat_dw2", [lambda shape=shape: (rng.uniform(size=shape),)
                                      for shape in ((7, 5), (1, 3), (3, 1))])


@check("dyhat_da", weight=5)
def agrees_on_random_weights(student, rng):
    """Several numbers of hidden units, one among them."""
    _agrees_on(student, "dyhat_da", [lambda h=h: (rng.normal(size=(h, 1)),) for h in (5, 3, 1)])


@check("da_dh", weight=5)
def agrees_on_the_activations_of_random_layers(student, rng):
    """Several numbers of hidden units, one among them; right given the student's own slopes, too."""
    def given_own(a: np.ndarray) -> Iterator[Alternative]:
        own = own_value(student, "sigmoid_prime", a)
        if own is not None and own.shape == a.shape:
            yield ("sigmoid_prime",), own * np.eye(len(a))

    return _agrees_on(student, "da_dh", [lambda h=h: (rng.uniform(0.05, 0.95, size=h),) for h in (5, 3, 1)], given_own)


@check("dh_dwij", weight=5)
def agrees_on_random_samples_and_weights(student, rng):
    """Every weight of small layers, some of larger ones."""
    for d, h, indices in ((2, 3, np.ndindex(2, 3)), (2, 3, np.ndindex(2, 3)), (3, 2, np.ndindex(3, 2)),
                          (1, 1, [(0, 0)]), (11, 7, rng.integers((11, 7), size=(5, 2)).tolist())):
        x = rng.normal(size=d)
        for i, j in indices:
            expect_array(student.dh_dwij(x.copy(), i, j, h), backprop.dh_dwij(x, i, j, h),
                         f"dh_dwij for i = {i}, j = {j} of ({d}, {h}) weights", suspects=[
                             Suspect(certain("hard-coded-size", "There are three entries, whatever hidden_size is."),
                                     lambda x=x, i=i, j=j: np.eye(3)[j % 3] * x[i])])


@check("dyhat_dwij", weight=5)
def agrees_on_random_samples_and_all_their_weights(student, rng):
    """Every weight of small nets; right given the student's own slopes or Jacobians, too."""
    note = ""
    for d, h in ((2, 3), (2, 3), (5, 1), (1, 2), (1, 1)):
        x, a, w2 = rng.normal(size=d), rng.uniform(0.05, 0.95, size=h), rng.normal(size=(h, 1))
        indices = list(np.ndindex(d, h))
        actual = np.reshape([whole(student.dyhat_dwij(x.copy(), a.copy(), w2.copy(), i, j), (), "dyhat_dwij")
                             for i, j in indices], (d, h))
        right = np.reshape([backprop.dyhat_dwij(x, a, w2, i, j) for i, j in indices], (d, h))
        note = _first_to_agree(actual, f"dyhat_dwij for every i and j of ({d}, {h}) weights", right, [], (
            (names, value[0, 0]) for names, value in _chains(student, x[np.newaxis], a[np.newaxis], w2))) or note
    return note


@each_version(check, weight=3)
def agrees_on_the_gradient_by_w2_of_random_batches(student, rng, version):
    """Sizes of which no two are the same, several outputs, twice."""
    return _agrees_on_random_batches(student, rng, version, 1)


@each_version(check, weight=5)
def agrees_on_the_gradient_by_w1_of_random_batches(student, rng, version):
    """Sizes of which no two are the same, several outputs, twice."""
    return _agrees_on_random_batches(student, rng, version, 0)


@each_version(check, weight=2, category=SHAPES)
def agrees_for_one_sample_one_input_one_unit_and_one_output(student, rng, version):
    """Where an axis has one entry, nothing may be squeezed or broadcast away."""
    return max((_agrees_on_both(student, version, random_batch(rng, *sizes))
                for sizes in ((1, 2, 5, 3), (7, 1, 5, 3), (7, 2, 1, 3), (7, 2, 5, 1), (1, 1, 1, 1))), key=len)


@each_version(check, weight=2)
def agrees_on_a_larger_net(student, rng, version):
    """More than fits on paper."""
    return _agrees_on_both(student, version, random_batch(rng, 17, 5, 7, 3))


def _agrees_on(student, name, draws, given_own=lambda *args: ()) -> str:
    """Twice with each kind of arguments: an answer kept from the first call would be found out."""
    note = ""
    for draw in draws:
        arguments = [draw(), draw()]
        expected = [getattr(backprop, name)(*deepcopy(args)) for args in arguments]
        values = [as_array(getattr(student, name)(*deepcopy(args)), name) for args in arguments]
        expect_different_answers(values, expected)
        for args, value, right in zip(arguments, values, expected, strict=True):
            note = _first_to_agree(value, name, right, [], given_own(*args)) or note
    return note


def _agrees_on_random_batches(student, rng, version, part) -> str:
    batches = [random_batch(rng, 7, 2, 5, 3) for _ in range(2)]
    actual = [gradients(student, version, deepcopy(batch))[part] for batch in batches]
    expect_different_answers(actual, [getattr(backprop, version)(*batch)[part] for batch in batches])
    return max((_agrees(student, version, batch, part, gradient)
                for batch, gradient in zip(batches, actual, strict=True)), key=len)


def _agrees_on_both(student, version, batch) -> str:
    actual = gradients(student, version, deepcopy(batch))
    return max((_agrees(student, version, batch, part, gradient) for part, gradient in enumerate(actual)), key=len)


def _agrees(student, version, batch, part, actual) -> str:
    """Compares the gradient by w1 (part 0) or w2 (part 1) that a backward pass gave for a batch."""
    right = getattr(backprop, version)(*deepcopy(batch))[part]
    suspects, given_own = ((_dL_dw1_slips, _dL_dw1), (_dL_dw2_slips, _dL_dw2))[part]
    return _first_to_agree(actual, _NAMES[part], right, suspects(*batch), given_own(student, *batch),
                           samples=len(batch[0]), outputs=batch[1].shape[1])


def _first_to_agree(actual, what, right, suspects, alternatives, **sizes) -> str:
    """Compares with what is right, else with what is right given the student's own functions; returns the note."""
    comparisons = ((f"Right, given your own {', '.join(f'`{name}`' for name in names)}.",
                    partial(expect_array, actual, value, what)) for names, value in alternatives if names)
    return first_to_agree(chain(
        [("", partial(expect_array, actual, right, what, suspects=suspects, **sizes))], comparisons))


def _dL_dw1_slips(X, y, y_hat, act_hidden, w2) -> list[Suspect]:
    dL_dyhat, slopes = loss.mse_gradient(y_hat, y), activation.sigmoid_prime(act_hidden)

    def dL_dw1(dL_dyhat=dL_dyhat, w2=w2, slopes=slopes, rows=slice(None)):
        return X[rows].T @ (dL_dyhat @ w2.T * slopes)[rows]

    def of_outputs(outputs):
        return dL_dw1(dL_dyhat[:, outputs], w2[:, outputs])

    return [
        Suspect(certain("first-sample-only", "Only the first sample went in: sum over all of them."),
                lambda: dL_dw1(rows=slice(0, 1))),
        Suspect(certain("last-sample-only", "Only the last sample is left: each overwrites the one before."),
                lambda: dL_dw1(rows=slice(-1, None))),
        Suspect(certain("first-output-only", "Only the first output sends its error back."),
                lambda: of_outputs(slice(0, 1))),
        Suspect(certain("last-output-only", "Only the last output is left: each overwrites the one before."),
                lambda: of_outputs(slice(-1, None))),
        Suspect(certain("outputs-mixed", "The output weights were summed over the outputs: each output's error goes "
                                         "back through its own weights."),
                lambda: dL_dw1(dL_dyhat.sum(axis=1, keepdims=True), w2.sum(axis=1, keepdims=True))),
        Suspect(certain("weights-forgotten", "The output weights are missing."),
                lambda: dL_dw1(w2=np.ones_like(w2))),
        Suspect(certain("residual-forgotten", "The error at the output is missing."),
                lambda: dL_dw1(np.full_like(dL_dyhat, 1 / len(X)))),
        Suspect(certain("input-forgotten", "The input is missing."),
                lambda: np.tile((dL_dyhat @ w2.T * slopes).sum(axis=0), (X.shape[1], 1))),
        *(Suspect(slip.diagnosis, lambda slip=slip: dL_dw1(slopes=slip.value()))
          for slip in slope_slips(slopes, activation.sigmoid, act_hidden)),
    ]


def _dL_dw2_slips(X, y, y_hat, act_hidden, w2) -> list[Suspect]:
    dL_dyhat = loss.mse_gradient(y_hat, y)
    return [
        Suspect(certain("first-sample-only", "Only the first sample went in: sum over all of them."),
                lambda: act_hidden[:1].T @ dL_dyhat[:1]),
        Suspect(certain("last-sample-only", "Only the last sample is left: each overwrites the one before."),
                lambda: act_hidden[-1:].T @ dL_dyhat[-1:]),
        Suspect(certain("slope-for-activation", "The slope of the sigmoid does not belong here: w2 acts behind the "
                                                "hidden units."),
                lambda: activation.sigmoid_prime(act_hidden).T @ dL_dyhat),
        Suspect(likely("activation-forgotten", "The activations are missing."),
                lambda: np.tile(dL_dyhat.sum(axis=0), (act_hidden.shape[1], 1))),
    ]


def _dL_dw1(student, X, y, y_hat, act_hidden, w2) -> Iterator[Alternative]:
    """The gradients that are right given the student's own functions, one factor of the chain exchanged or several."""
    errors, chains = _errors(student, y, y_hat), list(_chains(student, X, act_hidden, w2))
    right = chains[0][1]

    def combined(chains: list[Alternative]) -> Iterator[Alternative]:
        for (of_error, error), (of_chain, dyhat_dw1) in product(errors, chains):
            yield (*of_error, *of_chain), np.einsum("nk,nkij->ij", error, dyhat_dw1)

    yield from combined(chains)
    # Asked for last: it is a call for each weight, sample and output.
    yield from combined(_alternatives(right, dyhat_dwij=_asked(right, 4, lambda n, k, i, j: own_value(
        student, "dyhat_dwij", X[n], act_hidden[n], w2[:, [k]], i, j)))[1:])


def _dL_dw2(student, X, y, y_hat, act_hidden, w2) -> Iterator[Alternative]:
    outputs = _alternatives(
        act_hidden,
        dyhat_dw2=own_value(student, "dyhat_dw2", act_hidden),
        sigmoid_prime=_left_behind(student, "sigmoid_prime", act_hidden))
    for (of_error, error), (of_output, dyhat) in product(_errors(student, y, y_hat), outputs):
        yield (*of_error, *of_output), dyhat.T @ error


def _errors(student, y, y_hat) -> list[Alternative]:
    """∂L/∂ŷ, (N, K)."""
    residual = own_value(student, "mse", y_hat, y)
    return _alternatives(
        loss.mse_gradient(y_hat, y),
        mse_gradient=own_value(student, "mse_gradient", y_hat, y),
        mse=None if residual is None else residual / len(y))


def _chains(student, X, act_hidden, w2) -> Iterator[Alternative]:
    """∂ŷₙₖ/∂w₁ᵢⱼ, (N, K, D, H), as a product of three Jacobians; the first one is right."""
    hidden_size = len(w2)
    units = np.eye(hidden_size)
    dyhat_da = _alternatives(w2.T, dyhat_da=_asked(
        w2.T, 1, lambda k: own_value(student, "dyhat_da", w2[:, [k]])))
    da_dh = activation.sigmoid_prime(act_hidden)[:, :, np.newaxis] * units
    slopes = own_value(student, "sigmoid_prime", act_hidden)
    da_dh = _alternatives(
        da_dh,
        sigmoid_prime=slopes[:, :, np.newaxis] * units if np.shape(slopes) == act_hidden.shape else None,
        da_dh=_asked(da_dh, 1, lambda n: own_value(student, "da_dh", act_hidden[n])))
    dh_dw1 = np.einsum("ni,jq->nijq", X, units)
    dh_dw1 = _alternatives(dh_dw1, dh_dwij=_asked(
        dh_dw1, 3, lambda n, i, j: own_value(student, "dh_dwij", X[n], i, j, hidden_size)))
    for factors in product(dyhat_da, da_dh, dh_dw1):
        names, (of_a, of_h, of_w1) = zip(*factors, strict=True)
        yield tuple(chain(*names)), np.einsum("kp,npq,nijq->nkij", of_a, of_h, of_w1)


def _alternatives(right: np.ndarray, **own: np.ndarray | None) -> list[Alternative]:
    """The right value, then those of the student's own functions that differ from it."""
    return [((), right), *(((name,), value) for name, value in own.items()
                           if np.shape(value) == right.shape and not same(value, right))]


def _asked(right: np.ndarray, depth: int, ask: Callable[..., np.ndarray | None]) -> np.ndarray | None:
    """What `ask` gives for each index of the first `depth` axes of `right`, in an array of its shape.

    None where something else than an entry of that shape comes, or where all weights of the first sample and output
    are right: then so are the others, and need not be asked for.
    """
    values = np.empty_like(right)
    first = (0,) * max(1, depth - 2)
    for index in np.ndindex(right.shape[:depth]):
        if index[:len(first)] != first and same(values[first], right[first]):
            return None
        value = ask(*index)
        if value is None or value.size != values[index].size:
            return None
        values[index] = value.reshape(values[index].shape)
    return values


def _left_behind(student, name, array) -> np.ndarray | None:
    """What a function of the student makes of its argument in passing."""
    array = array.copy()
    try:
        getattr(student, name)(array)
    except StudentError:
        return None
    return array
