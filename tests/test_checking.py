"""Running checks: what each way of ending earns, and that the record of it is plain and complete."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import reference_functions
from mlplab.checking import (
    ARGUMENTS,
    BROKEN,
    CATEGORIES,
    EXCUSED,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    SHAPES,
    VALUES,
    WAITING,
    Checks,
    Excused,
    Outcome,
    Verdict,
    run,
    surest_diagnosis,
)
from mlplab.compare import CheckFailure
from mlplab.diagnosis import certain, likely, possible
from mlplab.exercises import STAGES
from mlplab.student import FunctionRaised, LocalStudent, MissingFunction, NotAFunction, NotAttempted, Stopped

STAGE = STAGES["03-loss"]
MSE = STAGE.exercise("mse")
EXERCISES = [pytest.param(stage, exercise, id=f"{stage.name}-{exercise.name}")
             for stage in STAGES.values() for exercise in stage.exercises]


def verdict(status, weight=1.0, category=VALUES, diagnosis=None):
    return Verdict("name", "title", category, True, weight, status, diagnosis=diagnosis)


def outcome(*verdicts):
    return Outcome(STAGE.name, MSE.name, MSE.points, verdicts)


def checks(*endings):
    """One check of mse for each ending: an exception that it raises, or what it returns."""
    made = Checks(STAGE.name, visible=True)
    for number, ending in enumerate(endings):

        def function(student, rng, ending=ending):
            if isinstance(ending, BaseException):
                raise ending
            return ending

        function.__name__ = f"check_number_{number}"
        made("mse")(function)
    return made.of("mse")


def outcome_of(*endings):
    return run(STAGE, MSE, checks(*endings), SimpleNamespace(), seed=0)


def statuses(found):
    return [verdict.status for verdict in found.verdicts]


# Registering


def test_checks_are_kept_in_order_and_by_exercise():
    check = Checks("03-loss", visible=False)

    @check("mse", weight=2, category=SHAPES)
    def keeps_the_shape(student, rng):
        pass

    @check("mse_gradient")
    def other(student, rng):
        pass

    @check("mse")
    def third(student, rng):
        pass

    first, second = check.of("mse")
    assert (first.name, first.title, first.weight, first.category, first.visible) == (
        "keeps_the_shape", "keeps the shape", 2, SHAPES, False)
    assert (second.function, second.category) == (third, VALUES)


def test_an_unknown_exercise_or_category_is_refused():
    check = Checks("03-loss", visible=True)
    with pytest.raises(KeyError, match="mse_gradient"):
        check("sigmoid")
    with pytest.raises(ValueError, match="no such"):
        check("mse", category="no such")


# One check


@pytest.mark.parametrize(("ending", "status", "message", "code"), [
    (None, PASSED, "", None),
    ("Right, given your own `mse`.", PASSED, "Right, given your own `mse`.", None),
    (CheckFailure("why"), FAILED, "why", None),
    (CheckFailure("why", likely("sign", "text")), FAILED, "why", "sign"),
    (Excused("not to be judged"), EXCUSED, "not to be judged", None),
    (NotAttempted("mse", "mse"), NOT_ATTEMPTED, "`mse` is not written yet.", None),
    (NotAttempted("mse", "sigmoid"), WAITING, "`mse` calls `sigmoid`, which is not written yet.", None),
    (MissingFunction("mse"), FAILED, "", "missing-function"),
    (NotAFunction("mse", "int"), FAILED, "", "not-a-function"),
    (FunctionRaised("mse", "ValueError", "text", None), FAILED, "", "raises-ValueError"),
    (Stopped("mse", "too long"), FAILED, "", "stopped"),
    (MissingFunction("sigmoid"), WAITING, str(MissingFunction("sigmoid")), None),
    (NotAFunction("sigmoid", "int"), WAITING, str(NotAFunction("sigmoid", "int")), None),
    (NotAttempted("sigmoid", "sigmoid"), WAITING, "`sigmoid` is not written yet.", None),
])
def test_how_a_check_may_end(ending, status, message, code):
    [found] = outcome_of(ending).verdicts
    assert (found.status, found.message, found.diagnosis and found.diagnosis.code) == (status, message, code)
    assert (found.check, found.title, found.category) == ("check_number_0", "check number 0", VALUES)


def test_what_speaks_for_all_checks_is_not_asked_again():
    for ending, status in [(NotAttempted("mse", "mse"), NOT_ATTEMPTED), (NotAttempted("mse", "relu"), WAITING),
                           (MissingFunction("mse"), FAILED), (NotAFunction("mse", "int"), FAILED),
                           (Stopped("mse", "too long"), FAILED)]:
        assert statuses(outcome_of(None, ending, AssertionError("never run"), None)) == [PASSED, *3 * [status]]


def test_checks_may_run_in_two_halves():
    """As the grader has it, with the same numbers; what speaks for all in the first speaks for the second."""
    drawn = Checks(STAGE.name, visible=True)
    for name in "abcd":

        def function(student, rng):
            return str(rng.random())

        function.__name__ = name
        drawn("mse")(function)
    endings = [CheckFailure("why"), None, NotAttempted("mse", "relu"), AssertionError("never run")]
    for made in (drawn.of("mse"), checks(*endings), checks(*endings[2:]), checks(None)):
        whole = run(STAGE, MSE, made, None, 5)
        for size in range(len(made) + 1):
            first = run(STAGE, MSE, made[:size], None, 5)
            second = run(STAGE, MSE, made[size:], None, 5, first)
            assert replace(second, duration=0) == replace(whole, duration=0) and second.duration >= first.duration


def test_what_is_about_one_check_or_an_earlier_function_is_asked_again():
    for ending in (CheckFailure("why"), Excused("why"), FunctionRaised("mse", "ValueError", "", None), KeyError("ours"),
                   MissingFunction("relu"), NotAFunction("relu", "int"), NotAttempted("relu", "relu"),
                   Stopped("relu", "too long")):
        assert statuses(outcome_of(ending, None))[1] == PASSED


def test_a_check_that_breaks_down_earns_nothing_and_is_seen():
    found = outcome_of(None, TypeError("unsupported operand"))
    assert found.status == BROKEN
    assert found.fraction == 0.5
    assert "TypeError: unsupported operand" in found.verdicts[1].message
    assert "graded by hand" in found.verdicts[1].message


def test_each_check_has_its_own_stream_of_random_numbers():
    def drawn(seed, *names):
        numbers = []
        made = Checks(STAGE.name, visible=True)
        for name in names:

            def function(student, rng):
                numbers.append(rng.random())

            function.__name__ = name
            made("mse")(function)
        run(STAGE, MSE, made.of("mse"), SimpleNamespace(), seed)
        return numbers

    one, other = drawn(1, "a", "b")
    assert one != other
    assert drawn(1, "b") == [other]
    assert drawn(2, "b") != [other]


# The whole


@pytest.mark.parametrize(("verdicts", "fraction", "status"), [
    ([], 0, EXCUSED),
    ([verdict(PASSED), verdict(PASSED, 3)], 1, PASSED),
    ([verdict(PASSED), verdict(FAILED, 3)], 0.25, "partly"),
    ([verdict(FAILED), verdict(FAILED)], 0, FAILED),
    ([verdict(PASSED, 3, SHAPES), verdict(FAILED)], 0, FAILED),
    ([verdict(PASSED, 1, SHAPES), verdict(PASSED, 1, ARGUMENTS), verdict(PASSED), verdict(FAILED)], 0.75, "partly"),
    ([verdict(PASSED), verdict(EXCUSED, 5)], 1, PASSED),
    ([verdict(FAILED), verdict(EXCUSED, 5)], 0, FAILED),
    ([verdict(EXCUSED), verdict(EXCUSED)], 0, EXCUSED),
    ([verdict(PASSED, 1, SHAPES), verdict(EXCUSED)], 0, EXCUSED),
    ([verdict(NOT_ATTEMPTED), verdict(NOT_ATTEMPTED)], 0, NOT_ATTEMPTED),
    ([verdict(EXCUSED), verdict(NOT_ATTEMPTED)], 0, NOT_ATTEMPTED),
    ([verdict(WAITING), verdict(WAITING)], 0, WAITING),
    ([verdict(WAITING), verdict(NOT_ATTEMPTED)], 0, NOT_ATTEMPTED),
    ([verdict(PASSED), verdict(WAITING)], 0.5, "partly"),
    ([verdict(PASSED), verdict(NOT_ATTEMPTED)], 0.5, "partly"),
    ([verdict(FAILED), verdict(NOT_ATTEMPTED)], 0, FAILED),
    ([verdict(PASSED), verdict(BROKEN)], 0.5, BROKEN),
    ([verdict(NOT_ATTEMPTED), verdict(BROKEN)], 0, BROKEN),
])
def test_the_whole_of_several_verdicts(verdicts, fraction, status):
    found = outcome(*verdicts)
    assert (found.fraction, found.status) == (fraction, status)
    assert found.score == MSE.points * fraction


@pytest.mark.parametrize("points", [1, 3, 5, 2.5, 0])
def test_the_score_is_a_plain_float_within_the_points(points):
    rng = np.random.default_rng(0)
    for _ in range(200):
        verdicts = [verdict(rng.choice([PASSED, FAILED, EXCUSED, BROKEN]), float(rng.uniform(0.1, 9)),
                            rng.choice(CATEGORIES)) for _ in range(rng.integers(0, 6))]
        found = replace(outcome(*verdicts), points=points)
        assert type(found.score) is float
        assert math.isfinite(found.score)
        assert 0 <= found.score <= points
        assert found.score == points or found.status != PASSED
        assert float(repr(found.score)) == found.score


def test_the_surest_diagnosis_of_a_failed_check_counts():
    sure, fair, vague, other = certain("sure", ""), likely("fair", ""), possible("vague", ""), certain("other", "")
    assert surest_diagnosis([]) is None
    assert outcome(verdict(FAILED), verdict(PASSED, diagnosis=sure)).diagnosis is None
    assert outcome(verdict(FAILED, diagnosis=vague), verdict(FAILED, diagnosis=fair)).diagnosis == fair
    assert outcome(verdict(FAILED, diagnosis=fair), verdict(FAILED), verdict(FAILED, diagnosis=sure),
                   verdict(FAILED, diagnosis=other)).diagnosis == sure


def test_the_record_is_json():
    found = replace(outcome_of(None, CheckFailure("why", certain("sign", "text"))), misconception="m", hint="h")
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record | {"duration": 0} == {
        "stage": "03-loss", "exercise": "mse", "points": 5, "score": 2.5, "status": "partly", "duration": 0,
        "misconception": "m", "hint": "h",
        "verdicts": [
            {"check": "check_number_0", "title": "check number 0", "category": "values", "visible": True, "weight": 1,
             "status": "passed", "message": "", "diagnosis": None},
            {"check": "check_number_1", "title": "check number 1", "category": "values", "visible": True, "weight": 1,
             "status": "failed", "message": "why",
             "diagnosis": {"code": "sign", "certainty": "certain", "text": "text"}}]}
    assert record["duration"] >= 0


# The registered checks


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES)
def test_names_of_checks_are_unique_and_some_hold_values(stage, exercise):
    found = all_checks(stage, exercise.name)
    assert len({check.name for check in found}) == len(found)
    for visible in (True, False):
        assert any(check.category == VALUES for check in found if check.visible is visible)
    assert all(check.weight > 0 for check in found)


STRANGE = {
    "None": None, "text": "text", "a list": [0.5, 1], "a ragged list": [[1], [1, 2]], "an object": object(),
    "a dict": {"a": 1}, "an opaque value": SimpleNamespace(type_name="Series"), "True": True, "a number": 0.5,
    "nan": np.full((2, 2), np.nan), "inf": np.inf, "an empty array": np.zeros((0, 3)), "a text's array": np.array("a"),
    "objects": np.array([None, 1]), "complex": np.array([1j]), "a huge int": 10**400, "three parts": (1, 2, 3),
    "a pair of None": (None, None), "a pair of texts": ("a", "b"), "a pair of lists": ([1], [2]),
    "a pair of empty arrays": (np.zeros(0), np.zeros(0)), "a pair of numbers": (1, 2), "a function": len,
    "a list of pairs": [(np.zeros(2), np.zeros(2))], "a list of None": [None], "many axes": np.zeros((1,) * 6),
    "a pair of objects": (np.array([None]), np.array(["a"])), "an iterator": iter(()),
}


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES)
@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
def test_a_strange_value_breaks_no_check_and_earns_nothing(stage, exercise, value):
    student = LocalStudent({**reference_functions(stage), exercise.name: lambda *args, **kwargs: value})
    found = run(stage, exercise, all_checks(stage, exercise.name), student, seed=0)
    assert [(verdict.check, verdict.message) for verdict in found.verdicts if verdict.status == BROKEN] == []
    assert found.score == 0
    json.dumps(found.to_dict())
