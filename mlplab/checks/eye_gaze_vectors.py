"""Visible checks of stage 08, first part: directions of gaze, and the angle between two."""

import numpy as np

from mlplab.checking import ARGUMENTS, EXTREMES, SHAPES, Checks
from mlplab.checks._common import leaves_alone
from mlplab.checks._results import expect_shape
from mlplab.checks.classification import SINGLE
from mlplab.compare import as_array, expect_array, require
from mlplab.diagnosis import Suspect, certain, explain, likely

check = Checks("08-eye-gaze", visible=True)

# Degrees. The arccosine loses half of its digits at 0° and at 180°, and is right all the same.
ANGLE = {"rtol": 0.0, "atol": 1e-5}
# In float32 that leaves some hundredths of a degree.
SINGLE_ANGLE = {"rtol": 0.0, "atol": 0.1}

# Six pairs of pitch and yaw with sines and cosines one knows; swapped, they are the same pairs in another order.
_R = np.sqrt(3) / 2
_LOOKS = np.radians([[0, 0], [30, 0], [0, 30], [30, 60], [60, 30], [-30, -60], [-60, -30]])
_SWAPPED = [0, 2, 1, 4, 3, 6, 5]
_VECTORS = np.array([[0, 0, -1], [0, -1 / 2, -_R], [-1 / 2, 0, -_R], [-3 / 4, -1 / 2, -_R / 2],
                     [-1 / 4, -_R, -_R / 2], [3 / 4, 1 / 2, -_R / 2], [1 / 4, _R, -_R / 2]])

_NAN = certain("nan", "`nan` is the arccosine of a number beyond ±1. A unit vector times itself may come out as "
                      "1.0000000000000002: bring the product back between −1 and 1.")


@check("gaze_vector", weight=3)
def looks_where_you_can_work_out_by_hand(student, rng):
    """Pitch 30° and yaw 60°: x is −cos 30° · sin 60° = −¾, y is −sin 30° = −½, z is −cos 30° · cos 60° = −0.433."""
    expect_array(student.gaze_vector(_LOOKS.copy()), _VECTORS, "gaze_vector(pitch_yaw)", suspects=_vector_slips())


@check("gaze_vector", weight=2)
def points_back_to_the_angles_it_came_from(student, rng):
    """Pitch and yaw can be read off a direction again: y says how far up it points, x and z to which side."""
    looks = rng.uniform((-1.5, -3), (1.5, 3), size=(11, 2))
    vectors = _finite(student.gaze_vector(looks.copy()), (11, 3), "gaze_vector(pitch_yaw)")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    require(bool(lengths.all()), "There are vectors of length 0, which point nowhere.")
    x, y, z = (vectors / lengths).T
    found = np.stack([np.arcsin(np.clip(-y, -1, 1)), np.arctan2(-x, -z)], axis=1)
    expect_array(found, looks, "The pitch and yaw read off your vectors", suspects=[
        Suspect(certain("degrees-for-radians", "The angles are taken for degrees and turned into radians: they are "
                                               "radians already."), lambda: np.radians(looks)),
        Suspect(certain("pitch-and-yaw-swapped", "Pitch and yaw have changed places: the first column is the pitch."),
                lambda: looks[:, ::-1])])


@check("gaze_vector", category=SHAPES)
def has_length_one_in_every_direction(student, rng):
    """A direction says where to, not how far: x² + y² + z² is 1."""
    vectors = _finite(student.gaze_vector(rng.uniform(-1.4, 1.4, size=(13, 2))), (13, 3), "gaze_vector(pitch_yaw)")
    lengths = np.linalg.norm(vectors, axis=1)
    require(bool(np.allclose(lengths, 1, rtol=1e-9)),
            f"The vectors have lengths from {lengths.min():.4g} to {lengths.max():.4g}; 1 is asked for.",
            certain("not-unit", "The vectors do not have length 1: which factor keeps x and z small when the eye looks "
                                "up or down?"))


@check("gaze_vector", category=SHAPES)
def gives_three_numbers_for_each_row(student, rng):
    """One sample, two, three or seven: a row each, which does not depend on the others; float32 will do as well."""
    together = _finite(student.gaze_vector(_LOOKS.copy()), _VECTORS.shape, "gaze_vector(pitch_yaw)")
    for n in (1, 2, 3, 7):
        expect_array(student.gaze_vector(_LOOKS[:n].copy()), together[:n], f"gaze_vector of {n} rows")
    single = student.gaze_vector(_LOOKS.astype(np.float32))
    expect_array(single, together, "gaze_vector of float32 angles", **SINGLE)


@check("gaze_vector", category=ARGUMENTS)
def leaves_pitch_and_yaw_as_they_were(student, rng):
    """The angles are compared with others afterwards."""
    leaves_alone(student, "gaze_vector", pitch_yaw=rng.uniform(-1, 1, size=(5, 2)))


@check("angular_error", weight=3)
def has_the_angles_you_can_work_out_by_hand(student, rng):
    """The same direction is 0° away, one at right angles 90°, the opposite one 180°."""
    h = np.sqrt(1 / 2)
    predicted = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0], [h, h, 0], [1, 0, 0], [0, 0, -1]], dtype=float)
    actual = np.array([[0, 1, 0], [0, -1 / 2, -_R], [0, 1, 0], [h, 0, h], [-1 / 2, _R, 0], [0, 0, 1]])
    expect_angles(student, predicted, actual, np.array([90.0, 30, 0, 60, 120, 180]))


@check("angular_error", weight=2)
def counts_the_degrees_along_a_circle(student, rng):
    """Two hands of a clock, held anyhow in space: the angle is the difference of where they point."""
    (e1, e2), hand, degrees = _plane(rng), rng.uniform(0, 360, size=101), rng.uniform(5, 175, size=101)
    predicted, actual = (np.outer(np.cos(t), e1) + np.outer(np.sin(t), e2) for t in np.radians([hand, hand - degrees]))
    expect_angles(student, predicted, actual, degrees)


@check("angular_error", weight=3, category=EXTREMES)
def is_a_number_for_equal_and_for_opposite_directions(student, rng):
    """Rounding may bring the product of two unit vectors beyond ±1, and the mean of all errors to NaN."""
    v = random_directions(rng, 500)
    for other, right, name in ((v, 0.0, "equal"), (-v, 180.0, "opposite")):
        angles = angles_of(student, v, other)
        require(not np.isnan(angles).any(), f"{np.isnan(angles).sum()} of 500 pairs of {name} directions give NaN.",
                _NAN)
        expect_array(angles, np.full(500, right), f"angular_error of {name} directions", **ANGLE, suspects=[
            Suspect(certain("nan-to-zero", "Opposite directions are said to be 0° apart: NaN comes of products beyond "
                                           "−1, too."), lambda angles=angles: np.where(angles == 0, 0, 180.0))
        ] if right else [
            Suspect(certain("epsilon", "Equal directions are said to lie apart, always by the same: is the product "
                                       "kept away from ±1 by a small number? Let it reach them."),
                    lambda angles=angles: np.full(500, max(angles[0], 1e-5)))])


@check("angular_error", category=SHAPES)
def gives_one_angle_for_each_row(student, rng):
    """One sample, two, three or seven: an angle each, which does not depend on the others; float32 will do as well."""
    predicted, actual = random_directions(rng, 7), random_directions(rng, 7)
    together = angles_of(student, predicted, actual)
    for n in (1, 2, 3):
        angles = student.angular_error(predicted[:n].copy(), actual[:n].copy())
        expect_array(angles, together[:n], f"angular_error of {n} rows", **ANGLE)
    single = angles_of(student, predicted.astype(np.float32), actual.astype(np.float32))
    expect_array(single, together, "angular_error in float32", **SINGLE_ANGLE)


@check("angular_error", category=ARGUMENTS)
def leaves_both_directions_as_they_were(student, rng):
    """They are drawn afterwards."""
    leaves_alone(student, "angular_error", predicted=random_directions(rng, 5), actual=random_directions(rng, 5))


def random_directions(rng: np.random.Generator, n: int) -> np.ndarray:
    """Unit vectors (n, 3), in any direction."""
    vectors = rng.normal(size=(n, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def angles_of(student: object, predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """What the student's `angular_error` gives, (N,); it is handed copies. Fails the check if it has another shape."""
    angles = _by_rows(student.angular_error(predicted.copy(), actual.copy()), len(predicted))
    expect_shape(angles, (len(predicted),), "angular_error(…)")
    return angles


def expect_angles(student: object, predicted: np.ndarray, actual: np.ndarray, degrees: np.ndarray) -> None:
    """Fails the check unless the student finds these angles between the rows, in degrees."""
    angles = _by_rows(student.angular_error(predicted.copy(), actual.copy()), len(predicted))
    expect_array(angles, degrees, "angular_error(predicted, actual)", **ANGLE, suspects=_angle_slips(degrees))


def _by_rows(value: object, n: int) -> np.ndarray:
    """The value as an array; fails the check where its shape says that other things met than the rows."""
    angles = as_array(value, "angular_error(…)")
    asked = f"angular_error(…) has shape {angles.shape}; ({n},) is asked for."
    require(angles.shape != (n, n) or n == 1, asked,
            certain("all-pairs", "Each predicted direction met each actual one: a product of matrices makes all N × N "
                                 "pairs. Only those in the same row belong together."))
    require(angles.shape != (3,) or n == 3, asked,
            likely("wrong-axis", "The sum ran down the columns: the axis you name is the one that disappears, and a "
                                 "direction is a row."))
    return angles


def _plane(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors at right angles, held anyhow in space."""
    q, _ = np.linalg.qr(rng.normal(size=(3, 2)))
    return q.T


def _finite(value: object, shape: tuple[int, ...], what: str) -> np.ndarray:
    """The value as an array of finite floats of this shape; fails the check if it is none."""
    expect_shape(value, shape, what)
    array = as_array(value, what)
    require(array.dtype.kind == "f" and bool(np.isfinite(array).all()), f"{what} is not made of finite floats.",
            explain(array, np.zeros(shape)))
    return array


def _vector_slips() -> list[Suspect]:
    """What slips in the three formulas give where one can work them out by hand."""
    (p, y), right = _LOOKS.T, _VECTORS
    cos_p, cos_y = np.cos(p)[:, np.newaxis], np.cos(y)[:, np.newaxis]
    missing = certain("cosine-missing", "Where the eye looks up or down, less is left for the sides and for ahead: "
                                        "cos p belongs into x and into z.")
    signs = [Suspect(certain("sign-of-axis", f"{name} the opposite sign: x points to the right, y down and z away from "
                                             "the camera."), lambda factor=factor: right * factor)
             for name, factor in (("x has", [-1, 1, 1]), ("y has", [1, -1, 1]), ("z has", [1, 1, -1]),
                                  ("x and y have", [-1, -1, 1]), ("x and z have", [-1, 1, -1]),
                                  ("y and z have", [1, -1, -1]))]
    return signs + [
        Suspect(certain("pitch-and-yaw-swapped", "Pitch and yaw have changed places: the first column is the pitch."),
                lambda: right[_SWAPPED]),
        Suspect(missing, lambda: right / np.hstack([cos_p, cos_p**0, cos_p])),
        Suspect(missing, lambda: right / np.hstack([cos_p, cos_p**0, cos_p**0])),
        Suspect(missing, lambda: right / np.hstack([cos_p**0, cos_p**0, cos_p])),
        Suspect(certain("not-unit", "These point the right way, but z is always −1: a direction has length 1."),
                lambda: right / -right[:, 2:]),
        Suspect(certain("wrong-order", "The eye was turned to the side first and then up: here the pitch comes first, "
                                       "so that y depends on the pitch alone."),
                lambda: right * np.hstack([1 / cos_p, cos_y, cos_p**0])),
        Suspect(certain("sines-and-cosines", "Sines and cosines have changed places: straight ahead, all angles 0, is "
                                             "(0, 0, −1)."),
                lambda: -np.stack([np.sin(p) * np.cos(y), np.cos(p), np.sin(p) * np.sin(y)], axis=1)),
        *(Suspect(certain("axes-swapped", "The three numbers stand in another order: x, y and z are asked for."),
                  lambda order=order: right[:, order])
          for order in ([1, 0, 2], [2, 1, 0], [0, 2, 1], [2, 0, 1], [1, 2, 0])),
    ]


def _angle_slips(degrees: np.ndarray) -> list[Suspect]:
    """What is often taken for the angle."""
    radians = np.radians(degrees)
    chord = 2 * np.sin(radians / 2)
    return [
        Suspect(certain("radians", "These are radians: a right angle is 90 here, not 1.57."), lambda: radians),
        Suspect(certain("converted-twice", "The angle was turned into degrees twice."), lambda: np.degrees(degrees)),
        Suspect(certain("degrees-for-radians", "Degrees were turned into radians where it is the other way round."),
                lambda: np.radians(radians)),
        Suspect(certain("cosine-for-angle", "This is the cosine of the angle, not the angle."),
                lambda: np.cos(radians)),
        Suspect(certain("cosine-for-angle", "This is 1 minus the cosine of the angle, not the angle."),
                lambda: 1 - np.cos(radians)),
        *(Suspect(certain("chord", "This is the distance between the two points, straight through the sphere: the "
                                   "angle is asked for."), lambda value=value: value)
          for value in (chord, np.degrees(chord), chord**2)),
        Suspect(certain("folded", "Nothing comes out beyond 90°: is there an absolute value, or an arcsine? Opposite "
                                  "directions are 180° apart."), lambda: np.minimum(degrees, 180 - degrees)),
        Suspect(certain("supplement", "This is 180° minus the angle: equal directions are 0° apart."),
                lambda: 180 - degrees),
        Suspect(certain("half-angle", "This is half of the angle: the chord is twice the sine of half of it."),
                lambda: degrees / 2),
    ]
