"""The student in this process: each way a call can go, and what is noticed beside the value."""

import contextlib
import copy
import functools
import statistics
import sys
import warnings

import numpy as np
import pytest

from mlplab.student import (
    CallRecord,
    FunctionRaised,
    LocalStudent,
    MissingFunction,
    NotAFunction,
    NotAttempted,
    Stopped,
    StudentError,
)


def sigmoid(x):
    """A stub as it is released."""
    raise NotImplementedError


def forward_pass(X):
    return sigmoid(X) + 1


def error_of(error, function, *args):
    with pytest.raises(error) as caught:
        LocalStudent({"f": function}).f(*args)
    assert isinstance(caught.value, StudentError)
    assert caught.value.name == "f"
    return caught.value


# The errors


def test_a_missing_name():
    with pytest.raises(MissingFunction) as caught:
        LocalStudent({}).sigmoid(1)
    assert (caught.value.name, caught.value.code) == ("sigmoid", "missing-function")
    assert "no function `sigmoid`" in str(caught.value)


def test_a_builtin_is_no_name_of_the_notebook():
    with pytest.raises(MissingFunction):
        LocalStudent({}).len([])


@pytest.mark.parametrize(("value", "kind"), [(3, "int"), (None, "NoneType"), (np.zeros(2), "ndarray")])
def test_a_name_that_is_no_function(value, kind):
    error = error_of(NotAFunction, value)
    assert (error.type_name, error.code) == (kind, "not-a-function")
    assert f"of type {kind}" in str(error)


def test_the_names_of_python_are_none_of_the_student_s():
    student = LocalStudent({"__deepcopy__": len})
    assert isinstance(copy.copy(student), LocalStudent)
    with pytest.raises(AttributeError):
        student._private  # noqa: B018


def test_a_stub_is_not_attempted():
    with pytest.raises(NotAttempted) as caught:
        LocalStudent({"sigmoid": sigmoid}).sigmoid(1)
    assert (caught.value.name, caught.value.needed) == ("sigmoid", "sigmoid")
    assert str(caught.value) == "`sigmoid` is not written yet."


@pytest.mark.parametrize("function", [forward_pass, lambda X: sigmoid(X), functools.partial(forward_pass),
                                      lambda X: [sigmoid(x) for x in X], np.vectorize(lambda x: sigmoid(x))])
def test_a_stub_that_is_called_is_the_one_that_is_needed(function):
    error = error_of(NotAttempted, function, np.zeros(2))
    assert error.needed == "sigmoid"
    assert str(error) == "`f` calls `sigmoid`, which is not written yet."


def test_an_error_may_say_itself_what_is_needed():
    def stand_in():
        error = NotImplementedError()
        error.needed = "mse"
        raise error

    assert error_of(NotAttempted, stand_in).needed == "mse"


def test_without_a_named_function_of_the_student_s_it_is_the_one_that_was_asked_for():
    assert error_of(NotAttempted, lambda: (_ for _ in ()).throw(NotImplementedError)).needed == "f"
    assert NotAttempted.raised_in(NotImplementedError()) == "a function"


@pytest.mark.parametrize(("function", "ename", "line"), [
    (lambda: np.zeros((2, 3)) @ np.zeros((2, 3)), "ValueError", "np.zeros((2, 3)) @ np.zeros((2, 3))"),
    (lambda: np.stack([np.zeros(2), np.zeros(3)]), "ValueError", "np.stack([np.zeros(2), np.zeros(3)])"),
    (lambda: statistics.mean([]), "StatisticsError", "statistics.mean([])"),
    (lambda: undefined, "NameError", "undefined"),  # noqa: F821
    (lambda: sys.exit("gone"), "SystemExit", 'sys.exit("gone")'),
    (lambda x: x, "TypeError", None),
])
def test_an_exception_is_told_with_the_line_that_the_student_wrote(function, ename, line):
    error = error_of(FunctionRaised, function)
    assert (error.ename, error.code) == (ename, f"raises-{ename}")
    assert error.message in str(error)
    if line is None:
        assert error.line is None
    else:
        assert line in error.line
        assert f"in the line `{error.line}`" in str(error)


def test_endless_recursion_is_an_exception_like_others():
    def forever():
        return forever()

    error = error_of(FunctionRaised, forever)
    assert (error.ename, error.line) == ("RecursionError", "return forever()")


def test_an_interrupt_is_the_user_s_and_goes_through():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LocalStudent({"f": interrupted}).f()


def test_stopped_tells_why():
    error = Stopped("train", "it took longer than 10 seconds")
    assert (error.code, str(error)) == ("stopped", "`train` could not finish: it took longer than 10 seconds")


# The value and the arguments


def test_the_value_is_passed_on_as_it_is():
    value = object()
    assert LocalStudent({"f": lambda *args: (value, args)}).f(1, "two") == (value, (1, "two"))


def test_a_change_in_place_is_seen_by_the_caller():
    def change(x):
        x += 1

    x = np.zeros(3)
    LocalStudent({"f": change}).f(x)
    assert x.tolist() == [1, 1, 1]


def test_a_generator_comes_back_advanced():
    rng, twin = np.random.default_rng(1), np.random.default_rng(1)
    LocalStudent({"f": lambda rng: rng.random()}).f(rng)
    twin.random()
    assert rng.random() == twin.random()


def test_a_later_definition_counts():
    namespace = {"f": lambda: 1}
    student = LocalStudent(namespace)
    namespace["f"] = lambda: 2
    assert student.f() == 2


def test_what_is_printed_is_dropped(capsys):
    LocalStudent({"f": lambda: print("the inputs")}).f()
    print("after")
    assert capsys.readouterr().out == "after\n"


# What is noticed


def test_warnings_are_recorded_and_not_shown():
    student = LocalStudent({"f": lambda x: np.exp(x), "g": lambda: warnings.warn("mine", stacklevel=1),
                            "h": lambda: None})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):  # a second time too, whatever Python has shown before
            student.f(np.array([1e4]))
            assert student.last == CallRecord(("overflow encountered in exp",), False)
        student.g()
        assert student.last.warnings == ("mine",)
        student.h()
        assert student.last == CallRecord()


def test_warnings_are_those_of_numpy_s_default_error_state():
    student = LocalStudent({"f": lambda: np.exp(np.array([1e4])), "g": lambda: np.exp(np.array([-1e4]))})
    with np.errstate(all="raise"):
        student.g()
        assert student.last.warnings == ()
    with np.errstate(all="ignore"):
        student.f()
        assert len(student.last.warnings) == 1


@pytest.mark.parametrize("function", [
    lambda: np.random.rand(), lambda: np.random.randn(), lambda: np.random.seed(0), lambda: np.random.seed(),
    lambda: [np.random.seed(0), np.random.rand()], lambda: np.random.shuffle([1, 2, 3])])
def test_the_global_generator_is_watched_at_every_call(function):
    student = LocalStudent({"f": function})
    for _ in range(3):
        student.f()
        assert student.last.touched_global_random


def test_draws_from_the_global_generator_go_on_from_call_to_call():
    student = LocalStudent({"f": lambda: np.random.rand(2).tolist()})
    assert student.f() != student.f()


@pytest.mark.parametrize("function", [lambda: np.random.default_rng(0).random(), lambda: None, lambda: 1 / 0,
                                      lambda: np.random.seed(0)])
def test_the_global_generator_is_left_as_it_was(function):
    np.random.seed(3)
    expected = np.random.rand(2).tolist()
    np.random.seed(3)
    student = LocalStudent({"f": function})
    for _ in range(3):
        with contextlib.suppress(FunctionRaised):
            student.f()
    assert np.random.rand(2).tolist() == expected


def test_a_generator_of_one_s_own_is_no_matter():
    student = LocalStudent({"f": lambda rng: (rng.random(), np.random.default_rng(0), np.random.RandomState(0).rand())})
    student.f(np.random.default_rng(1))
    assert not student.last.touched_global_random


def test_a_call_within_a_call_is_watched_like_others():
    student = LocalStudent({"outer": lambda f: f(), "quiet": lambda: 1, "loud": lambda: np.random.rand()})
    student.outer(student.quiet)
    assert not student.last.touched_global_random
    student.outer(student.loud)
    assert student.last.touched_global_random
