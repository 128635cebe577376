"""Visible checks of stage 06, second part: the network, its first params and the way back."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy

import numpy as np

from mlplab.checking import ARGUMENTS, EXTREMES, RANDOMNESS, SHAPES
from mlplab.checks._earlier import forgiving
from mlplab.checks._results import expect_shape, in_order
from mlplab.checks.classification import SINGLE, check
from mlplab.compare import CheckFailure, as_array, as_pair, expect_array, expect_untouched, require
from mlplab.diagnosis import Diagnosis, Suspect, certain, explain, likely, same
from mlplab.gradcheck import TOLERANCE, best_numerical_gradient

Params = list[tuple[np.ndarray, np.ndarray]]

SIZES = ((2, 3), (5, 3, 2), (3, 1, 4), (2, 7, 5, 3))

_IGNORES_RNG = certain("ignores-rng", "The generator `rng` is handed over to be drawn from, and nothing was drawn "
                                      "from it: call a method of `rng` itself.")
_FIXED_SEED = certain("fixed-seed", "It is the same whatever state `rng` is in: is there a seed, or a generator, of "
                                    "your own inside the function?")
GLOBAL_RANDOM = certain("global-random", "`np.random.seed`, `np.random.permutation` and their like share one hidden "
                                         "state with all other code: draw from the parameter `rng`.")
_UNSEEDED = likely("unseeded", "It depends on something else than `rng`: do all draws come from it?")

# Three samples, two inputs, three hidden units, two classes: what forward makes of them, and backward.
_X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_PARAMS = [(np.array([[1.0, -1.0, 2.0], [-1.0, 3.0, 1.0]]), np.array([0.5, 0.0, -1.5])),
           (np.array([[1.0, -1.0], [2.0, 1.0], [0.0, 1.0]]), np.array([-2.0, 1.0]))]
_NET_HIDDEN = np.array([[1.5, -1.0, 0.5], [-0.5, 3.0, -0.5], [0.5, 2.0, 1.5]])
_HIDDEN = np.array([[1.5, 0.0, 0.5], [0.0, 3.0, 0.0], [0.5, 2.0, 1.5]])
_LOGITS = np.array([[-0.5, 0.0], [4.0, 4.0], [2.5, 4.0]])
_DLOGITS = np.array([[1.0, -1.0], [0.0, 2.0], [-1.0, 0.0]])


@check("he_initialize", weight=2, category=SHAPES)
def gives_each_layer_its_weights_and_its_biases(student, rng):
    """A pair for each step from one size to the next: W (in, out) and b (out,)."""
    for sizes in SIZES:
        expect_initial_shapes(initial_params(student, sizes, rng), sizes)


@check("he_initialize", weight=2)
def draws_weights_of_the_right_spread(student, rng):
    """With 211 inputs the variance is 2/211, with 89 it is 2/89; the mean is 0."""
    expect_spread(student, (211, 89, 53), rng)


@check("he_initialize")
def sets_every_bias_to_zero(student, rng):
    """Nothing is known yet for a bias to say."""
    for sizes in SIZES:
        for W, b in initial_params(student, sizes, rng):
            require(bool(np.any(W)), "All weights are zero.")
            require(not b.any(), f"The biases lie between {b.min():.4g} and {b.max():.4g}; all are to be 0.",
                    certain("biases-drawn", "The biases start at 0: the weights alone are drawn."))


@check("he_initialize", weight=2, category=RANDOMNESS)
def follows_the_state_of_rng(student, rng):
    """Generators in the same state lead to the same weights, and a second call draws on."""
    expect_draws_from(lambda generator: flat(initial_params(student, (5, 3, 2), generator)), rng)


@check("he_initialize", category=RANDOMNESS)
def leaves_the_global_generator_of_numpy_alone(student, rng):
    """`np.random.…` draws from a state that the whole notebook shares."""
    student.he_initialize([5, 3, 2], rng)
    require(not student.last.touched_global_random, "NumPy's global random state was changed.", GLOBAL_RANDOM)


@check("forward", weight=2)
def has_the_logits_you_can_work_out_by_hand(student, rng):
    """The hidden units of the first sample are 1½, 0 and ½: the first logit is 1·1½ + 2·0 + 0·½ − 2 = −½."""
    _, logits = network_s(student.forward(*deepcopy((_X, _PARAMS))), (2, 3, 2))
    (_, b1), (W2, b2) = _PARAMS
    expect_array(logits, _LOGITS, "logits", suspects=[
        Suspect(certain("no-activation", "The hidden units hand on what they are given: where is the ReLU?"),
                lambda: _NET_HIDDEN @ W2 + b2),
        Suspect(certain("output-activation", "The ReLU was applied to the logits too: they may be any number."),
                lambda: np.maximum(_LOGITS, 0)),
        Suspect(certain("output-softmax", "These are probabilities: the logits are asked for, the softmax comes "
                                          "after them."), lambda: student.softmax(_LOGITS)),
        Suspect(certain("bias-forgotten", "The biases of the last layer are missing."), lambda: _LOGITS - b2),
        Suspect(certain("bias-forgotten", "The biases are missing."),
                lambda: np.maximum(_NET_HIDDEN - b1, 0) @ W2),
        Suspect(certain("bias-forgotten", "The biases of the hidden layer are missing."),
                lambda: np.maximum(_NET_HIDDEN - b1, 0) @ W2 + b2),
        Suspect(certain("another-activation", "This is another activation: the hidden units have the ReLU."),
                lambda: np.tanh(_NET_HIDDEN) @ W2 + b2),
        Suspect(certain("another-activation", "This is another activation: the hidden units have the ReLU."),
                lambda: 1 / (1 + np.exp(-_NET_HIDDEN)) @ W2 + b2)])


@check("forward", weight=2)
def keeps_what_each_layer_is_given(student, rng):
    """activations is [X, a₁]: X itself first, then what the hidden units hand on; the logits are not among them."""
    activations, _ = network_s(student.forward(*deepcopy((_X, _PARAMS))), (2, 3, 2))
    expect_activations(activations, [_X, _HIDDEN], [_NET_HIDDEN, _LOGITS])


@check("forward")
def is_a_straight_line_where_there_is_one_layer(student, rng):
    """No hidden layer, no ReLU: with the identity for weights the logits are X, its negative entries too."""
    X, b = rng.normal(size=(5, 3)), rng.normal(size=3)
    X[0] = -1 - X[0] ** 2
    activations, logits = network_s(student.forward(X.copy(), [(np.eye(3), b.copy())]), (3, 3))
    expect_array(logits - b, X, "logits − b", suspects=[
        Suspect(certain("output-activation", "The ReLU was applied to the logits too: they may be any number."),
                lambda: np.maximum(X + b, 0) - b)])
    expect_activations(activations, [X], [X + b])


@check("forward", category=SHAPES)
def goes_through_any_number_of_layers(student, rng):
    """One, two or three, also for a single sample, and in single precision."""
    for sizes in SIZES:
        for n in (5, 1):
            X, params = rng.normal(size=(n, sizes[0])), random_params(rng, sizes)
            activations, logits = network_s(student.forward(X, params), sizes)
            for a, size in zip((*activations, logits), sizes, strict=True):
                expect_shape(a, (n, size), "what a layer is given" if a is not logits else "logits")
    X, params = in_single_precision(_X, _PARAMS)
    expect_array(network_s(student.forward(X, params), (2, 3, 2))[1], _LOGITS, "logits in float32", **SINGLE)


@check("forward", category=ARGUMENTS)
def leaves_X_and_all_params_as_they_were(student, rng):
    """The same network meets the next batch."""
    leaves_all_alone(student, "forward", X=rng.normal(size=(5, 2)), params=random_params(rng, (2, 7, 5, 3)))


@check("backward", weight=2)
def has_the_weights_gradients_you_can_work_out_by_hand(student, rng):
    """The first hidden unit is 1½, 0 and ½: with dlogits (1, −1), (0, 2) and (−1, 0) its slopes are 1 and −1½."""
    (dW1, _), (dW2, _) = gradients(student, [_X, _HIDDEN], _PARAMS, _DLOGITS)
    expect_array(dW2, np.array([[1.0, -1.5], [-2.0, 6.0], [-1.0, -0.5]]), "dW of the second layer", samples=3)
    expect_array(dW1, np.array([[1.0, -2.0, -1.0], [-1.0, 0.0, 0.0]]), "dW of the first layer", samples=3, suspects=[
        Suspect(certain("no-mask", "A hidden unit at 0 has sent its error on: what is the slope of the ReLU there?"),
                lambda: [[1.0, -1.0, -1.0], [-3.0, 0.0, 2.0]]),
        Suspect(certain("activation-for-slope", "The error was multiplied by the activation: its slope, 1 or 0, is "
                                                "needed."), lambda: [[2.5, -4.0, -0.5], [-0.5, 2.0, 0.0]])])


@check("backward", weight=2)
def has_the_bias_gradients_you_can_work_out_by_hand(student, rng):
    """A bias is added for every sample, so its slopes add up: 1 + 0 − 1 = 0 and −1 + 2 + 0 = 1."""
    (_, db1), (_, db2) = gradients(student, [_X, _HIDDEN], _PARAMS, _DLOGITS)
    averaged = certain("bias-averaged", "The bias gradient is a mean over the samples: dlogits carries the 1/N "
                                        "already, so it is a sum, as for the weights.")
    for name, db, right in (("second", db2, np.array([0.0, 1.0])), ("first", db1, np.array([1.0, 0.0, -1.0]))):
        expect_array(db, right, f"db of the {name} layer", suspects=[Suspect(averaged, lambda right=right: right / 3)])


@check("backward", category=EXTREMES)
def takes_the_slope_zero_at_zero(student, rng):
    """A hidden unit that is given exactly 0 hands on 0, and no error comes back through it."""
    params = [(np.array([[0.0, 1.0]]), np.zeros(2)), (np.ones((2, 1)), np.zeros(1))]
    (dW1, _), _ = gradients(student, [np.ones((1, 1)), np.array([[0.0, 1.0]])], params, np.ones((1, 1)))
    expect_array(dW1, np.array([[0.0, 1.0]]), "dW of the first layer", suspects=[
        Suspect(certain("kink", "At 0 this course takes slope 0: `>` or `>=`?"), lambda: [[1.0, 1.0]]),
        Suspect(certain("kink", "At 0 this course takes slope 0, not ½."), lambda: [[0.5, 1.0]])])


@check("backward", weight=2)
@forgiving("forward")
def agrees_with_the_numerical_gradient_of_your_own_network(student, rng):
    """Nudge each weight and bias, and see how far dlogits · logits moves: a loss with just this slope."""
    sizes = (2, 3, 2, 2)
    X, params, dlogits = rng.normal(scale=3.0, size=(7, 2)), random_params(rng, sizes), rng.normal(size=(7, 2))
    activations, _ = network_s(student.forward(*deepcopy((X, params))), sizes)
    found = gradients(student, activations, params, dlogits)

    def loss(moved: Params) -> object:
        return np.sum(dlogits * network_s(student.forward(X.copy(), moved), sizes)[1])

    expect_slopes(found, loss, params, 7)


@check("backward")
def adds_up_what_repeated_samples_bring(student, rng):
    """dlogits carries the 1/N of the mean already: the same samples twice, with the same dlogits, bring twice as
    much."""
    once = gradients(student, [_X, _HIDDEN], _PARAMS, _DLOGITS)
    X, hidden, dlogits = (np.tile(array, (2, 1)) for array in (_X, _HIDDEN, _DLOGITS))
    twice = gradients(student, [X, hidden], _PARAMS, dlogits)
    mean = certain("mean-twice", "There is another mean over the samples: dlogits carries the 1/N already.")
    for (dW, db), (dW_twice, db_twice) in zip(once, twice, strict=True):
        expect_array(dW_twice, 2 * dW, "dW of the repeated batch", suspects=[Suspect(mean, lambda dW=dW: dW)])
        expect_array(db_twice, 2 * db, "db of the repeated batch", suspects=[Suspect(mean, lambda db=db: db)])


@check("backward", category=SHAPES)
def gives_each_gradient_the_shape_of_its_param(student, rng):
    """One pair for each layer, first layer first, also for a single sample, and in single precision."""
    for sizes in SIZES:
        for n in (5, 1):
            activations = [np.maximum(rng.normal(size=(n, size)), 0) for size in sizes[:-1]]
            for (dW, db), d, h in zip(gradients(student, activations, random_params(rng, sizes),
                                                rng.normal(size=(n, sizes[-1]))), sizes[:-1], sizes[1:], strict=True):
                expect_shape(dW, (d, h), "dW")
                expect_shape(db, (h,), "db")
    _, (dW2, _) = gradients(student, *in_single_precision([_X, _HIDDEN], _PARAMS, _DLOGITS))
    expect_array(dW2, np.array([[1.0, -1.5], [-2.0, 6.0], [-1.0, -0.5]]), "dW in float32", samples=3, **SINGLE)


@check("backward", category=ARGUMENTS)
def leaves_activations_params_and_dlogits_as_they_were(student, rng):
    """The training is about to use them."""
    activations = [rng.normal(size=(5, 2)), *(np.maximum(rng.normal(size=(5, size)), 0) for size in (7, 5))]
    leaves_all_alone(student, "backward", activations=activations, params=random_params(rng, (2, 7, 5, 3)),
                     dlogits=rng.normal(size=(5, 3)))


def random_params(rng: np.random.Generator, sizes: Sequence[int]) -> Params:
    """W and b of each layer, all normal; biases of 0 would hide who forgets them, large ones make dead units."""
    return [(rng.normal(size=(d, h)), rng.normal(scale=0.3, size=h))
            for d, h in zip(sizes[:-1], sizes[1:], strict=True)]


def in_single_precision(*values: object) -> list:
    """The same arrays in float32, alone or in lists and tuples."""
    return [value.astype(np.float32) if isinstance(value, np.ndarray) else
            type(value)(in_single_precision(*value)) for value in values]


def flat(params: object) -> np.ndarray:
    """All numbers of arrays in lists and tuples, in one row."""
    return np.concatenate([array.ravel() for array in _arrays(params)] or [np.empty(0)])


def _arrays(value: object) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _arrays(part)


def leaves_all_alone(student: object, name: str, **arguments: object) -> None:
    """Fails the check unless the function leaves its arguments as they came, the arrays in lists and tuples too."""
    before = deepcopy(arguments)
    getattr(student, name)(*arguments.values())
    expect_untouched({key: flat(value) for key, value in arguments.items()},
                     {key: flat(value) for key, value in before.items()})


def expect_list(value: object, what: str, names: tuple[str, str] = ("W", "b")) -> None:
    """Fails the check unless `value` is a list or a tuple, of whatever."""
    asked = f"a list with ({names[0]}, {names[1]}) of each layer"
    require(value is not None, f"{what} is None; {asked} is asked for.",
            certain("returns-nothing", "Nothing comes back: is there a `return`?"))
    if not isinstance(value, list | tuple):
        kind = getattr(value, "type_name", type(value).__name__)
        raise CheckFailure(f"{what} is a {kind}; {asked} is asked for.",
                           certain("not-a-list", "The pairs of all layers belong in one list."))


def layers_of(value: object, sizes: Sequence[int], what: str, names: tuple[str, str] = ("W", "b")) -> Params:
    """A list with a pair of arrays for each layer, of whatever shapes; fails the check where it is none."""
    expect_list(value, what, names)
    shapes = [((d, h), (h,)) for d, h in zip(sizes[:-1], sizes[1:], strict=True)]
    require(len(value) == len(shapes), f"{what} has {len(value)} entries for {len(shapes)} layers.",
            certain("wrong-length", f"There is to be one pair for each layer: here {len(shapes)}."))
    found = [[np.shape(part) for part in _arrays(pair)] for pair in value]
    backwards = [list(pair) for pair in reversed(shapes)]
    require(found != backwards or backwards == backwards[::-1], f"{what} runs from the last layer to the first.",
            certain("reversed", "The last layer stands first: the list is to be in the order of `params`."))
    return [in_order(pair, shape, what, names) for pair, shape in zip(value, shapes, strict=True)]


def network_s(value: object, sizes: Sequence[int]) -> tuple[list[np.ndarray], np.ndarray]:
    """What `forward` gives, activations and logits, as arrays of whatever shape; fails the check where it is not."""
    activations, logits = as_pair(value, "forward(X, params)", ("activations", "logits"))
    require(not isinstance(logits, list | tuple) or isinstance(activations, list | tuple), "The list comes second.",
            certain("swapped", "The two results stand in the other order: `return activations, logits`."))
    if not isinstance(activations, list | tuple):
        kind = getattr(activations, "type_name", type(activations).__name__)
        raise CheckFailure(f"activations is a {kind}; a list is asked for.",
                           certain("not-a-list", "Keep what each layer is given in a list: [X, a₁, …]."))
    activations = [as_array(a, "an entry of activations") for a in activations]
    logits, depth = as_array(logits, "logits"), len(sizes) - 1
    if len(activations) != depth:
        message = f"activations has {len(activations)} entries for {depth} layers."
        if len(activations) == depth + 1 and same(activations[-1], logits):
            raise CheckFailure(message, certain("logits-included", "The logits stand at the end of `activations`: it "
                                                                   "holds what each layer is given, and no layer is "
                                                                   "given them."))
        if [a.shape[-1] for a in activations if a.ndim] == list(sizes[1:-1]):
            raise CheckFailure(message, certain("input-missing", "X is missing: it is what the first layer is given, "
                                                                 "and its gradient needs it."))
        raise CheckFailure(message, certain("wrong-length", "activations is to hold one array for each layer: what it "
                                                            "is given."))
    return activations, logits


def expect_activations(activations: list, right: list, pre: Sequence[np.ndarray] = ()) -> None:
    """Fails the check unless these are the activations; `pre` are what goes into the ReLUs, and the logits."""
    for layer, (a, expected) in enumerate(zip(activations, right, strict=True)):
        shifted = pre and same(a, right[layer + 1] if layer + 1 < len(right) else pre[-1])
        require(not shifted, f"activations[{layer}] is what belongs behind it.",
                certain("shifted", "The list is shifted by one: X stands first, and the logits are not in it."))
        expect_array(a, expected, f"activations[{layer}]", suspects=[
            Suspect(certain("pre-activation", "This is what goes into the ReLU, not what comes out."),
                    lambda layer=layer: pre[layer - 1])] if layer else ())


def gradients(student: object, activations: list, params: Params, dlogits: np.ndarray) -> Params:
    """What the student's `backward` gives, of whatever shapes; it is handed copies."""
    sizes = [len(params[0][0]), *(b.size for _, b in params)]
    return layers_of(student.backward(*deepcopy((activations, params, dlogits))), sizes, "backward(…)", ("dW", "db"))


def expect_slopes(found: Params, loss: Callable[[Params], object], params: Params, samples: int) -> None:
    """Fails the check unless these are the slopes of a loss of the params, by central differences."""
    for layer, pair in enumerate(params):
        for part, name in enumerate("Wb"):
            def along(moved: np.ndarray, layer: int = layer, part: int = part) -> object:
                pairs = [list(pair) for pair in deepcopy(params)]
                pairs[layer][part] = moved
                return loss([tuple(pair) for pair in pairs])

            analytic, what = found[layer][part], f"the slope of {name} of layer {layer + 1}"
            expect_shape(analytic, pair[part].shape, what)
            measured, error = best_numerical_gradient(along, pair[part], analytic)
            if not error < TOLERANCE:
                raise CheckFailure(f"{what} has a relative error of {error:.2g} against the measured one; below "
                                   f"{TOLERANCE:g} is asked for.",
                                   unless_near_miss(explain(analytic, measured, samples=samples)))


def unless_near_miss(diagnosis: Diagnosis | None) -> Diagnosis | None:
    """The diagnosis, unless it is that digits were lost: slips of a training loop change a step by as little."""
    return None if diagnosis and diagnosis.code == "precision" else diagnosis


def initial_params(student: object, sizes: Sequence[int], rng: np.random.Generator) -> Params:
    """What the student's `he_initialize` gives, of whatever shapes."""
    return layers_of(student.he_initialize(list(sizes), rng), sizes, f"he_initialize({list(sizes)}, rng)")


def expect_initial_shapes(params: Params, sizes: Sequence[int]) -> None:
    """Fails the check unless each layer has floats W (in, out) and b (out,)."""
    for (W, b), d, h in zip(params, sizes[:-1], sizes[1:], strict=True):
        expect_shape(W, (d, h), "W")
        expect_shape(b, (h,), "b")
        require(W.dtype.kind == b.dtype.kind == "f", f"The dtypes are {W.dtype} and {b.dtype}; floats are asked for.")


def expect_spread(student: object, sizes: Sequence[int], rng: np.random.Generator) -> None:
    """Fails the check unless mean and variance of each layer's weights lie within ten standard errors of He's.

    The sizes are to be such that each layer has some thousands of weights, and that no slip has He's variance.
    """
    for (W, _), d, h in zip(initial_params(student, sizes, rng), sizes[:-1], sizes[1:], strict=True):
        margin, variance = 10 * np.sqrt(2 / W.size), float(np.var(W))
        facts = f"The weights from {d} to {h} units have variance {variance:.4g}; 2/{d} = {2 / d:.4g} is asked for."
        for code, value, text in (
                ("wrong-fan", 2 / h, "The number of outputs went in: the inputs of a unit are what adds up."),
                ("variance-for-std", (2 / d) ** 2, "2/in is the variance; `scale` is the standard deviation."),
                ("xavier", 1 / d, "This is 1/in, which suits tanh: a ReLU loses half of the variance."),
                ("xavier", 2 / (d + h), "This is the mean of both fans, which suits tanh: He's takes the inputs."),
                ("not-scaled", 1.0, "The weights are not scaled at all: a unit with many inputs drowns."),
                ("range-for-std", 2 / (3 * d), "A uniform draw up to √(2/in) has only a third of this variance."),
                ("fixed-scale", 1e-4, "The scale does not depend on the number of inputs.")):
            require(abs(variance - 2 / d) < margin * 2 / d or abs(variance / value - 1) > margin, facts,
                    likely(code, text))
        require(abs(variance - 2 / d) < margin * 2 / d, facts)
        require(abs(float(np.mean(W))) < 10 * np.sqrt(2 / d / W.size), f"The weights have mean {np.mean(W):.4g}.",
                likely("wrong-mean", "The weights are to lie on both sides of 0: their mean is 0."))
        require(np.unique(W).size > 0.9 * W.size, "Many of the weights are the same number.",
                certain("same-numbers", "Many weights are the same number: each needs a draw of its own."))


def expect_draws_from(
    draw: Callable[[np.random.Generator], np.ndarray],
    rng: np.random.Generator,
    alike: Callable[[np.ndarray, np.ndarray], bool] = same,
) -> None:
    """Fails the check unless what is drawn depends on the state of `rng` alone, and `rng` is moved on.

    Inputs: alike says whether two draws are the same.
    """
    before, twin = rng.bit_generator.state, deepcopy(rng)
    first, repeated = draw(rng), draw(twin)
    next_one = draw(rng)
    moved_on = rng.bit_generator.state != before
    require(not alike(first, next_one), "Two calls, one after the other on the same generator, gave the same.",
            _FIXED_SEED)
    require(alike(first, repeated), "Two generators in the same state led to different answers.", _UNSEEDED)
    require(moved_on, "`rng` is in the same state as before: nothing was drawn from it.", _IGNORES_RNG)
