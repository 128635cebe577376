"""Stage 08: its functions stand alone, so whatever happened to other ones costs nothing, and no slip is lost."""

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import casebook, reference_functions, student_with
from mlplab.checking import PASSED, run
from mlplab.checks import visible_checks
from mlplab.exercises import STAGES

STAGE = STAGES["08-eye-gaze"]
RIGHT = reference_functions(STAGE)


def unwritten(*args):
    raise NotImplementedError


SLIPS = {
    "nothing of stage 06 is written": {exercise.name: unwritten for exercise in STAGES["06-mnist"].exercises},
    "stage 06 gives zeros": {exercise.name: lambda *args: 0.0 for exercise in STAGES["06-mnist"].exercises},
    "gaze_vector not written": {"gaze_vector": unwritten},
    "gaze_vector in degrees": {"gaze_vector": lambda pitch_yaw: RIGHT["gaze_vector"](np.radians(pitch_yaw))},
    "gaze_vector transposed": {"gaze_vector": lambda pitch_yaw: RIGHT["gaze_vector"](pitch_yaw).T},
    "angular_error not written": {"angular_error": unwritten},
    "angular_error averaged": {"angular_error": lambda *pair: RIGHT["angular_error"](*pair).mean()},
    "split_by_person not written": {"split_by_person": unwritten},
    "split_by_person swapped": {"split_by_person": lambda *case: RIGHT["split_by_person"](*case)[::-1]},
}


def outcome_of(name, solution, own, checks=None):
    student = student_with(STAGE, {**own, name: solution})
    return run(STAGE, STAGE.exercise(name), checks or all_checks(STAGE, name), student, seed=11)


@pytest.mark.parametrize(("slip", "name"), [(slip, exercise.name) for slip in SLIPS for exercise in STAGE.exercises
                                            if exercise.name not in SLIPS[slip]])
def test_what_is_right_by_itself_is_right(slip, name):
    for checks in (None, visible_checks(STAGE).of(name)):
        outcome = outcome_of(name, RIGHT[name], SLIPS[slip], checks)
        assert [verdict for verdict in outcome.verdicts if verdict.status != PASSED] == []
        assert outcome.score == outcome.points


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_its_own_is_found_whatever_else_is_wrong(slip):
    for wrong in casebook(STAGE).wrongs:
        if wrong.exercise not in SLIPS[slip]:
            scores = {outcome_of(wrong.exercise, wrong.function, own).score for own in ({}, SLIPS[slip])}
            assert len(scores) == 1 and scores.pop() < STAGE.exercise(wrong.exercise).points
