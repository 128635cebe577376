"""Hidden checks of stage 08, against the reference, or against what must hold in any order of draws."""

import numpy as np

from autograder.checks._common import copies, expect_different_answers
from autograder.checks.forward import one_changed
from autograder.checks.network import fresh
from autograder.reference import eye_gaze as reference
from mlplab.checking import EXTREMES, RANDOMNESS, SHAPES, Checks
from mlplab.checks._splits import expect_parted
from mlplab.checks.classification import SINGLE
from mlplab.checks.eye_gaze import expect_chances, expect_share, expect_strangers, split_people
from mlplab.checks.eye_gaze_vectors import ANGLE, SINGLE_ANGLE, angles_of, random_directions
from mlplab.checks.network import expect_draws_from
from mlplab.compare import expect_array, require

check = Checks("08-eye-gaze", visible=False)

_SIZES = (7, 13, 101)
_FEW = (1, 2, 3)


@check("gaze_vector", weight=5)
def agrees_on_random_directions(student, rng):
    """Two batches of every size; pitch and yaw are each changed alone once."""
    for n in _SIZES:
        cases = [np.stack(columns, axis=1)
                 for columns in one_changed(tuple(_angles(rng, n).T), tuple(_angles(rng, n).T))]
        values = [student.gaze_vector(looks.copy()) for looks in cases]
        expected = [reference.gaze_vector(looks) for looks in cases]
        for other in (1, 2):
            expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
        for value, right in zip(values, expected, strict=True):
            expect_array(value, right, "gaze_vector(pitch_yaw)")


@check("gaze_vector", category=SHAPES)
def agrees_for_one_two_and_three_directions(student, rng):
    """Where an axis could be taken for the other, or for none; and in single precision."""
    for n in _FEW:
        looks = _angles(rng, n)
        expect_array(student.gaze_vector(looks.copy()), reference.gaze_vector(looks), "gaze_vector(pitch_yaw)")
    looks = _angles(rng, 11).astype(np.float32)
    expect_array(student.gaze_vector(looks.copy()), reference.gaze_vector(looks.astype(float)),
                 "gaze_vector of float32 angles", **SINGLE)


@check("gaze_vector", category=EXTREMES)
def agrees_all_the_way_round(student, rng):
    """Straight up, over the back of the head, and several times round."""
    quarter = np.pi / 2
    looks = np.concatenate([rng.uniform(-10, 10, size=(11, 2)), [[quarter, 0.3], [-quarter, -2], [0, np.pi], [2, 3]]])
    expect_array(student.gaze_vector(looks.copy()), reference.gaze_vector(looks), "gaze_vector(pitch_yaw)")


@check("angular_error", weight=5)
def agrees_on_random_pairs_of_directions(student, rng):
    """Each argument is changed alone once."""
    for n in _SIZES:
        cases = one_changed(*((random_directions(rng, n), random_directions(rng, n)) for _ in range(2)))
        values = [student.angular_error(*copies(*case)) for case in cases]
        expected = [reference.angular_error(*case) for case in cases]
        for other in (1, 2):
            expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
        for value, right in zip(values, expected, strict=True):
            expect_array(value, right, "angular_error(predicted, actual)", **ANGLE)


@check("angular_error", weight=3, category=EXTREMES)
def agrees_on_the_smallest_and_on_the_largest_angles(student, rng):
    """From a millionth of a degree to a whole one, and as far from 180°; never NaN."""
    v, aside = random_directions(rng, 600), random_directions(rng, 600)
    aside = np.cross(v, aside)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    small = 10 ** rng.uniform(-6, 0, size=600)
    near = np.cos(np.radians(small))[:, np.newaxis] * v + np.sin(np.radians(small))[:, np.newaxis] * aside
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    for other, right in ((near, small), (-near, 180 - small), (v, 0 * small), (-v, 180 + 0 * small)):
        angles = angles_of(student, v, other)
        require(not np.isnan(angles).any(), "There are angles that are NaN.")
        expect_array(angles, right, "angular_error(predicted, actual)", **ANGLE)


@check("angular_error", category=SHAPES)
def agrees_for_one_two_and_three_pairs(student, rng):
    """Where an axis could be taken for the other, or for none; and in single precision."""
    for n in _FEW:
        pair = random_directions(rng, n), random_directions(rng, n)
        expect_array(angles_of(student, *pair), reference.angular_error(*pair), "angular_error(…)", **SINGLE_ANGLE)
    pair = random_directions(rng, 200), random_directions(rng, 200)
    for predicted, actual in (pair, (pair[0], pair[0]), (pair[0], -pair[0])):
        single = angles_of(student, predicted.astype(np.float32), actual.astype(np.float32))
        expect_array(single, reference.angular_error(predicted, actual), "angular_error in float32", **SINGLE_ANGLE)


@check("split_by_person", weight=6)
def keeps_persons_together_in_any_number(student, rng):
    """Few persons and many, with one sample or a hundred, numbered anyhow and in any order."""
    for n_people, fraction in ((2, 0.5), (3, 0.4), (7, 0.3), (7, 0.3), (13, 0.2), (29, 0.7), (50, 0.29)):
        person = _people(rng, n_people)
        parts = split_people(student, person, fraction, rng)
        expect_parted(*parts, person.size)
        expect_strangers(*parts, person)


@check("split_by_person", weight=4)
def holds_out_the_nearest_whole_number_of_persons(student, rng):
    """Of as many persons as there are, not of their samples; at an exact half either neighbour."""
    for n_people, fraction in ((10, 0.4), (20, 0.5), (13, 0.2), (11, 0.25), (10, 0.35), (3, 0.9), (19, 0.61),
                               (5, 0.05), (5, 0.95)):
        for _ in range(3):
            person = _people(rng, n_people)
            expect_share(*split_people(student, person, fraction, rng), person, fraction)


@check("split_by_person", weight=2, category=RANDOMNESS)
def draws_other_persons_each_time(student, rng):
    """Others on a generator that has moved on, the same from the same state, and anybody."""
    for n_people in (41, 41, 60):
        person = _people(rng, n_people)
        expect_draws_from(lambda generator, person=person: np.unique(
            person[split_people(student, person, 0.5, generator)[1]]), fresh(rng))
        require(not student.last.touched_global_random, "NumPy's global random state was changed.")
    expect_chances(student, fresh(rng))


def _angles(rng: np.random.Generator, n: int) -> np.ndarray:
    """Pitch and yaw (n, 2), wherever a head can turn."""
    return rng.uniform((-1.5, -3.1), (1.5, 3.1), size=(n, 2))


def _people(rng: np.random.Generator, n: int) -> np.ndarray:
    """Whose each sample is: n persons with numbers of any size, most with few samples and one with a hundred."""
    numbers = rng.choice(10_000, size=n, replace=False)
    sizes = rng.integers(1, 5, size=n)
    sizes[0] = 100
    return rng.permutation(np.repeat(numbers, sizes))
