"""Comparisons and the autopsy of a wrong array: the right reading, as sure as it may be, and never a false one."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from mlplab.compare import (
    CheckFailure,
    as_array,
    as_pair,
    expect_array,
    expect_float64,
    expect_untouched,
    require,
)
from mlplab.diagnosis import Certainty, Suspect, certain, constant_ratio, explain, likely, same

SHAPES = [(6,), (7, 1), (1, 7), (7, 3), (3, 5, 2)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture(autouse=True)
def silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def reading(actual, expected, **options):
    """The code and the certainty of what an array is taken for."""
    found = explain(actual, expected, **options)
    return found and (found.code, str(found.certainty))


def failure_of(function, *args, **options):
    with pytest.raises(CheckFailure) as caught:
        function(*args, **options)
    return caught.value


# The diagnosis: ratios


@every_shape
@pytest.mark.parametrize(("factor", "code"), [
    (-1, "sign"), (2, "factor-two"), (0.5, "factor-half"), (-2, "factor-two"), (-0.5, "factor-half"),
    (7, "no-mean"), (-7, "no-mean"), (1 / 7, "mean-twice"), (7 / 3, "mean-over-outputs-only"),
    (21, "no-mean-and-outputs"), (7 / 4, "hard-coded-samples"), (1 / 3, "mean-over-outputs")])
def test_a_ratio_is_recognised_whatever_the_shape(rng, shape, factor, code):
    expected = rng.normal(size=shape)
    assert reading(factor * expected, expected, samples=7, outputs=3) == (code, "certain")


@every_shape
def test_without_samples_and_outputs_their_ratios_mean_nothing(rng, shape):
    expected = rng.normal(size=shape)
    for factor in (7, 1 / 7, 21, 7 / 4, 1 / 3):
        assert reading(factor * expected, expected) == ("constant-factor", "possible")
    assert "loss" not in explain(2 * expected, expected).text
    assert "loss" in explain(2 * expected, expected, samples=5).text


@pytest.mark.parametrize(("samples", "outputs", "factor", "codes"), [
    (2, 1, 2, {"no-mean", "factor-two"}),
    (2, 3, 1 / 2, {"mean-twice", "factor-half", "hard-coded-samples"}),
    (5, 2, 1 / 2, {"mean-over-outputs", "factor-half"}),
    (8, 3, 2, {"hard-coded-samples", "factor-two"}),
    (6, 3, 2, {"mean-over-outputs-only", "factor-two"}),
    (7, 7, 1 / 7, {"mean-twice", "mean-over-outputs"}),
    (12, 4, 3, {"mean-over-outputs-only", "hard-coded-samples"}),
    (1, 2, 1 / 2, {"mean-over-outputs", "factor-half"}),
])
def test_where_two_readings_fit_none_is_certain(rng, samples, outputs, factor, codes):
    expected = rng.normal(size=(5, 3))
    found = explain(factor * expected, expected, samples=samples, outputs=outputs)
    assert found.certainty is Certainty.LIKELY
    assert found.code in codes
    assert found.text.count(" Or: ") == len(codes) - 1


def test_four_samples_and_one_sample_and_one_output_make_no_readings_of_their_own(rng):
    expected = rng.normal(size=(4, 3))
    assert reading(-expected, expected, samples=4, outputs=3) == ("sign", "certain")
    assert reading(4 * expected, expected, samples=4) == ("no-mean", "certain")
    assert reading(-expected, expected, samples=1, outputs=1) == ("sign", "certain")
    assert reading(-expected, expected, samples=3, outputs=3) == ("sign", "certain")
    assert reading(expected / 4, expected, samples=1, outputs=1) == ("constant-factor", "possible")


@pytest.mark.parametrize("expected", [np.array(2.5), np.array([2.5]), np.full((2, 3), 0.5), np.array([0, 0, 3.0, 0])],
                         ids=str)
def test_of_one_number_several_stories_may_be_true(expected):
    for factor in (-1, 2, 6):
        assert reading(factor * expected, expected, samples=6)[1] == "likely"
    assert reading(1.2345 * expected, expected) in (None, ("constant-factor", "possible"))


def test_a_ratio_near_one_is_no_factor(rng):
    expected = rng.normal(size=9)
    for factor in (1 + 1e-5, 1 - 1e-4, 1):
        assert constant_ratio(factor * expected, expected) is None


def test_entries_that_are_zero_have_no_say_in_a_ratio(rng):
    expected = rng.normal(size=(4, 3)) * (rng.random((4, 3)) > 0.5)
    assert reading(2 * expected, expected) == ("factor-two", "certain")
    expected[0, 0] = 0
    nearly = 2 * expected
    nearly[0, 0] = 1
    assert explain(nearly, expected) is None


# The diagnosis: values


@every_shape
def test_what_a_wrong_array_looks_like(rng, shape):
    expected = rng.normal(scale=3, size=shape)
    assert reading(np.zeros(shape), expected) == ("all-zero", "certain")
    assert reading(expected.astype(int), expected) == ("integers", "certain")
    assert reading(np.round(expected, 2), expected) == ("rounded", "certain")
    assert reading(np.round(expected), expected) == ("rounded", "likely")
    assert reading(expected.astype(np.float16), expected) == ("precision", "likely")
    assert reading(expected.astype(np.float32), expected) == ("precision", "likely")
    assert reading(expected * (1 + 1e-3 * rng.uniform(-1, 1, shape)), expected) == ("precision", "possible")
    assert reading(np.abs(expected), expected) == ("absolute", "likely")
    assert reading(1 - expected, expected) == ("complement", "likely")
    assert reading(expected + 0.3, expected) == ("constant-offset", "possible")


def test_zeros_of_integers_may_never_have_been_filled_in():
    assert reading(np.zeros((2, 2), int), np.full((2, 2), 0.5)) == ("integers", "likely")


def test_small_numbers_do_not_all_look_like_lost_digits(rng):
    expected = 1e-5 * rng.normal(size=(5, 4))
    assert explain(1e-5 * rng.normal(size=(5, 4)), expected) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named(rng, value):
    expected = rng.normal(size=(3, 2))
    actual = expected.copy()
    actual[1, 0] = value
    assert reading(actual, expected) == ("not-finite", "likely")
    assert explain(actual, np.full((3, 2), np.nan)) is None


def test_random_wrong_arrays_are_not_explained_away(rng):
    for shape in [*SHAPES, (), (1,), (2,), (1, 1)]:
        for _ in range(200):
            found = explain(rng.normal(size=shape), rng.normal(size=shape), samples=7, outputs=3)
            assert found is None or found.certainty is Certainty.POSSIBLE


def test_random_arrays_of_another_shape_are_never_a_certainty_of_values(rng):
    for one in SHAPES:
        for other in SHAPES:
            found = explain(rng.normal(size=one), rng.normal(size=other)) if one != other else None
            assert found is None or found.certainty is not Certainty.CERTAIN or found.code == "flat"


# The diagnosis: shapes


def test_what_a_wrong_shape_looks_like(rng):
    expected = rng.normal(size=(7, 3))
    column = rng.normal(size=(7, 1))
    assert reading(expected.T, expected) == ("transpose", "certain")
    assert reading(rng.normal(size=(3, 7)), expected) == ("transpose", "likely")
    assert reading(column.ravel(), column) == ("flat", "certain")
    assert reading(rng.normal(size=7), column) == ("flat", "certain")
    assert reading(expected.ravel(), expected) == ("reshaped", "certain")
    assert reading(column[:, :, np.newaxis], column) == ("reshaped", "certain")
    assert reading(rng.normal(size=(7, 7)), column) == ("broadcast", "likely")
    assert reading(expected[:1], expected) == ("fewer-samples", "certain")
    assert reading(rng.normal(size=(1, 3)), expected) is None
    assert reading(expected.sum(), expected) == ("summed-up", "likely")
    assert reading(np.full((1, 1), expected.mean()), expected) == ("summed-up", "likely")
    assert reading(3.0, expected) == ("summed-up", "possible")
    assert reading(expected, expected.sum(axis=0)) == ("not-summed", "likely")
    assert reading(rng.normal(size=(7, 3)), rng.normal(size=3)) == ("not-summed", "possible")


# The diagnosis: suspects


def test_a_suspect_is_tried_first_and_only_if_it_can_be_worked_out(rng):
    expected = rng.normal(size=4)
    suspects = [Suspect(certain("broken", ""), lambda: 1 / 0), Suspect(certain("ragged", ""), lambda: [[1], [1, 2]]),
                Suspect(likely("mine", "text"), lambda: 2 * expected)]
    assert explain(2 * expected, expected, suspects=suspects) == likely("mine", "text")
    assert explain(expected, expected, suspects=[Suspect(certain("right", ""), lambda: expected)]) is None


def test_suspects_that_cannot_be_told_apart_are_not_certain(rng):
    expected = rng.normal(size=4)
    one, again, other = (Suspect(certain(code, code), lambda: -3 * expected) for code in ("one", "one", "other"))
    assert reading(-3 * expected, expected, suspects=[one, again]) == ("one", "certain")
    assert reading(-3 * expected, expected, suspects=[one, other]) == ("one", "likely")


# The diagnosis: anything at all


STRANGE = [np.array([]), np.zeros((0, 3)), np.zeros((3, 0)), np.array(True), np.array([True, False]), np.array(7),
           np.arange(6).reshape(2, 3), np.uint8(200), np.array([2**63], np.uint64), np.array([None, 1]),
           np.array(["a", "b"]), np.array([1j]), np.array([np.nan, np.inf]), np.array([1e308, -1e308]),
           np.array([5e-324, 0.0]), np.array(0.0), np.float16(3), np.longdouble(1) / 3, np.zeros(3),
           np.datetime64("2020-01-01"), np.array([(1, 2.0)], dtype=[("a", int), ("b", float)])]


@pytest.mark.parametrize("actual", STRANGE, ids=repr)
def test_nothing_makes_the_diagnosis_raise(actual):
    for expected in STRANGE:
        explain(actual, expected, samples=3, outputs=2)
        same(actual, expected)


# Comparisons


@every_shape
def test_equal_arrays_pass_and_others_do_not(rng, shape):
    expected = rng.normal(size=shape)
    expect_array(expected.copy(), expected, "value")
    expect_array(expected * (1 + 5e-10), expected, "value")
    for wrong in (expected * (1 + 5e-9), expected + 1e-6, -expected):
        failure_of(expect_array, wrong, expected, "value")


def test_the_absolute_tolerance_grows_with_the_largest_entry():
    expect_array(np.array([9e-13, 1.0]), np.array([0.0, 1.0]), "value")
    failure_of(expect_array, np.array([2e-12, 1.0]), np.array([0.0, 1.0]), "value")
    expect_array(np.array([9e-10, 1e3]), np.array([0.0, 1e3]), "value")
    failure_of(expect_array, np.array([9e-10, 1e3]), np.array([0.0, 1e3]), "value", atol=0)
    expect_array(np.array([1.1]), np.array([1.0]), "value", rtol=0.2)


@pytest.mark.parametrize("actual", [2.5, np.float64(2.5), np.array(2.5), np.array([2.5]), np.array([[2.5]])], ids=repr)
def test_a_one_element_array_counts_as_a_scalar(actual):
    expect_array(actual, np.array(2.5), "error")
    expect_array(actual, 2.5, "error")


def test_a_scalar_does_not_count_as_an_array():
    assert "shape ()" in failure_of(expect_array, 2.5, np.array([2.5]), "value").message


def test_whole_numbers_and_truth_values_are_compared_as_numbers():
    expect_array(3, np.array(3.0), "value")
    expect_array(np.array([True, False]), np.array([1.0, 0.0]), "value")
    assert "[0] is 1; 0 is asked for" in failure_of(expect_array, np.array([True]), np.zeros(1), "value").message


def test_nan_and_infinity_are_equal_to_themselves_alone():
    expect_array(np.array([np.inf, np.nan, 1]), np.array([np.inf, np.nan, 1]), "value")
    message = failure_of(expect_array, np.array([np.nan, -np.inf, 1]), np.array([1, np.inf, 1]), "value").message
    assert message == ("value is wrong in 2 of 3 entries:\n[0] is nan; 1 is asked for\n"
                       "[1] is -inf; inf is asked for")


def test_a_failure_tells_the_first_entries_and_the_largest_error():
    expected = np.zeros((4, 3))
    actual = expected.copy()
    actual[1:, :] = np.arange(9).reshape(3, 3) / 8
    assert failure_of(expect_array, actual, expected, "dL_dw1").message.splitlines() == [
        "dL_dw1 is wrong in 8 of 12 entries, by up to 1:", "[1, 1] is 0.125; 0 is asked for",
        "[1, 2] is 0.25; 0 is asked for", "[2, 0] is 0.375; 0 is asked for", "[2, 1] is 0.5; 0 is asked for",
        "[2, 2] is 0.625; 0 is asked for", "…"]


def test_a_failure_of_a_single_number_is_one_sentence():
    assert failure_of(expect_array, 3, np.array(2.5), "error").message == "error is 3; 2.5 is asked for."


def test_a_failure_of_shape_tells_both():
    failure = failure_of(expect_array, np.zeros((3, 2)), np.ones((2, 3)), "w1")
    assert failure.message == "w1 has shape (3, 2); (2, 3) is asked for."
    assert failure.diagnosis.code == "transpose"


def test_the_diagnosis_gets_samples_outputs_and_suspects(rng):
    expected = rng.normal(size=(7, 3))
    assert failure_of(expect_array, 7 * expected, expected, "y", samples=7).diagnosis.code == "no-mean"
    assert failure_of(expect_array, expected / 3, expected, "y", outputs=3).diagnosis.code == "mean-over-outputs"
    suspects = (Suspect(certain("own", "text"), value) for value in [lambda: expected + 2])
    assert failure_of(expect_array, expected + 2, expected, "y", suspects=suspects).diagnosis == certain("own", "text")


@pytest.mark.parametrize(("value", "code", "word"), [
    (None, "returns-nothing", "None"), ([1.0, 2.0], "not-an-array", "list"), ((1.0,), "not-an-array", "tuple"),
    ("2.5", "not-an-array", "str"), (SimpleNamespace(type_name="DataFrame"), "not-an-array", "DataFrame"),
    (np.array([None]), "not-numbers", "object"), (np.array(["a"]), "not-numbers", "<U1"),
    (np.array([1j]), "not-numbers", "complex128"), (10**40, "not-numbers", "object")], ids=repr)
def test_what_is_no_array_of_numbers_is_named(value, code, word):
    failure = failure_of(expect_array, value, np.ones(2), "value")
    assert failure.diagnosis.code == code
    assert word in failure.message


def test_subclasses_of_arrays_are_arrays(rng):
    expected = rng.normal(size=(2, 2))
    assert type(as_array(np.ma.masked_array(expected, mask=True), "value")) is np.ndarray
    failure_of(expect_array, np.ma.masked_array(2 * expected, mask=True), expected, "value")


@pytest.mark.parametrize("value", [np.zeros(2), np.float64(1), 1.0], ids=repr)
def test_double_precision_passes(value):
    expect_float64(value, "value")


@pytest.mark.parametrize(("value", "code"), [
    (np.zeros(2, np.float32), "precision"), (np.float16(1), "precision"), (np.longdouble(1), "precision"),
    (np.zeros(2, int), "not-float"), (3, "not-float"), (True, "not-float"), (np.array([True]), "not-float")], ids=repr)
def test_another_type_does_not(value, code):
    failure = failure_of(expect_float64, value, "value")
    assert failure.diagnosis.code == code
    assert f"has dtype {np.asarray(value).dtype}; float64 is asked for" in failure.message


def test_a_pair_is_two_things_in_a_tuple_or_a_list():
    assert as_pair((1, 2), "f(x)", ("a", "b")) == (1, 2)
    assert as_pair([1, 2], "f(x)", ("a", "b")) == (1, 2)
    for value, words in [(None, "f(x) is None"), ((1, 2, 3), "tuple of 3"), ([1], "list of 1"),
                         (np.zeros(2), "ndarray"), ({"a": 1, "b": 2}, "dict"), ("ab", "str"),
                         (SimpleNamespace(type_name="zip"), "zip")]:
        failure = failure_of(as_pair, value, "f(x)", ("a", "b"))
        assert words in failure.message
        assert "(a, b)" in failure.message


def test_arguments_are_compared_to_the_bit():
    before = {"X": np.array([1.0, np.inf]), "y": np.zeros(2)}
    expect_untouched({"X": before["X"].copy(), "y": np.zeros(2)}, before)
    for changed in (np.array([1.0 + 2e-16, np.inf]), np.array([np.nan, np.inf]), np.array([[1.0, np.inf]])):
        failure = failure_of(expect_untouched, {"X": changed, "y": np.zeros(2)}, before)
        assert failure.diagnosis.code == "modifies-argument"
        assert "`X`" in failure.message


def test_require_fails_with_what_it_was_told():
    require(True, "never")
    failure = failure_of(require, False, "why", certain("code", "text"))
    assert (failure.message, str(failure), failure.diagnosis) == ("why", "why", certain("code", "text"))
