"""Wrong and right solutions of stage 08, first part: directions of gaze, and the angle between two."""

import math

import numpy as np

from autograder.misconceptions import Casebook
from autograder.reference.eye_gaze import angular_error, gaze_vector

book = Casebook("08-eye-gaze")

VECTORS = "looks_where_you_can_work_out_by_hand"
POINTS_BACK = "points_back_to_the_angles_it_came_from"
ANGLES = "has_the_angles_you_can_work_out_by_hand"
EQUAL_AND_OPPOSITE = "is_a_number_for_equal_and_for_opposite_directions"


@book.inputs("gaze_vector")
def angles_of_some_eyes(rng):
    return (rng.uniform(-1, 1, size=(7, 2)),)


@book.inputs("angular_error")
def pairs_of_directions(rng):
    """The first two pairs are equal and opposite: there some slips show that show nowhere else."""
    predicted, actual = (gaze_vector(rng.uniform(-3, 3, size=(300, 2))) for _ in range(2))
    actual[:100], actual[100:200] = predicted[:100], -predicted[100:200]
    return predicted, actual


def _directions(x, y, z):
    return np.stack([x, y, z], axis=1)


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="pitch-and-yaw-swapped",
            thought="x comes first, so the first column is what moves the eye to the side.",
            hint="The array is called pitch_yaw. Where does an eye with pitch 30° and yaw 0 look?")
def pitch_and_yaw_swapped(pitch_yaw):
    return gaze_vector(pitch_yaw[:, ::-1])


@book.wrong("gaze_vector", caught_by=POINTS_BACK, diagnosis="degrees-for-radians",
            thought="Angles are in degrees, and NumPy wants radians.",
            hint="The angles come in radians. What does your function make of a pitch of π/2, which is straight up?")
def radians_converted_once_more(pitch_yaw):
    return gaze_vector(np.radians(pitch_yaw))


@book.wrong("gaze_vector", caught_by=POINTS_BACK, diagnosis=None,
            thought="NumPy wants degrees.",
            hint="What is `np.sin(np.pi / 2)`? So what does NumPy take angles in?")
def degrees_put_into_the_sine(pitch_yaw):
    return gaze_vector(np.degrees(pitch_yaw))


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="sign-of-axis",
            thought="A positive yaw goes to positive x.",
            hint="To which side of the picture does the eye look when its yaw is positive? And where does x point?")
def yaw_to_the_other_side(pitch_yaw):
    return gaze_vector(pitch_yaw) * [-1, 1, 1]


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="sign-of-axis",
            thought="Up is positive.",
            hint="In an image row 0 is at the top: in which direction does y grow?")
def y_upwards(pitch_yaw):
    return gaze_vector(pitch_yaw) * [1, -1, 1]


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="sign-of-axis",
            thought="Ahead is positive z.",
            hint="z points away from the camera. An eye with both angles 0 looks into the camera: is its z positive?")
def looks_away_from_the_camera(pitch_yaw):
    return gaze_vector(pitch_yaw) * [1, 1, -1]


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="sign",
            thought="The signs are a matter of taste.",
            hint="From the eye to what it looks at, or the other way round?")
def from_the_target_to_the_eye(pitch_yaw):
    return -gaze_vector(pitch_yaw)


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="cosine-missing",
            thought="x belongs to the yaw, y to the pitch, and z is what is left ahead.",
            hint="Let the eye look straight up, pitch 90°. How much is left for x, whatever the yaw?")
def cosine_of_pitch_missing_in_x(pitch_yaw):
    p, y = pitch_yaw.T
    return _directions(-np.sin(y), -np.sin(p), -np.cos(p) * np.cos(y))


@book.wrong("gaze_vector", caught_by="has_length_one_in_every_direction", diagnosis="not-unit",
            thought="x and z turn with the yaw, y with the pitch.",
            hint="Add up the squares. For which pitch is the sum 1?")
def cosine_of_pitch_missing(pitch_yaw):
    p, y = pitch_yaw.T
    return _directions(-np.sin(y), -np.sin(p), -np.cos(y))


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="not-unit",
            thought="One step ahead, tan y to the side: that is where the line of sight goes.",
            hint="It points the right way. How long is it?")
def one_step_ahead(pitch_yaw):
    p, y = pitch_yaw.T
    return _directions(-np.tan(y), -np.tan(p) / np.cos(y), -np.ones_like(p))


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="wrong-order",
            thought="First to the side, then up: the order of turns does not matter.",
            hint="Turn a book by 90° about one axis and then another, and once more in the other order.")
def turned_in_the_other_order(pitch_yaw):
    p, y = pitch_yaw.T
    return _directions(-np.sin(y), -np.sin(p) * np.cos(y), -np.cos(p) * np.cos(y))


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="sines-and-cosines",
            thought="The sine belongs to the adjacent side.",
            hint="Put in pitch 0 and yaw 0. Where does your eye look?")
def sines_and_cosines_exchanged(pitch_yaw):
    p, y = pitch_yaw.T
    return _directions(-np.sin(p) * np.cos(y), -np.cos(p), -np.sin(p) * np.sin(y))


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="axes-swapped",
            thought="Pitch comes first, so its coordinate comes first.",
            hint="The three numbers are x, y, z. Which of them says how far up?")
def y_before_x(pitch_yaw):
    return gaze_vector(pitch_yaw)[:, [1, 0, 2]]


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="transpose",
            thought="`np.array([x, y, z])` holds the three coordinates.",
            hint="Print its shape. Is a sample a row there, or a column?")
def coordinates_in_rows(pitch_yaw):
    return gaze_vector(pitch_yaw).T


@book.wrong("gaze_vector", caught_by="gives_three_numbers_for_each_row", diagnosis="reshaped",
            thought="A single direction is three numbers.",
            hint="What is the shape of your result for a batch of one sample?")
def squeezed(pitch_yaw):
    return np.squeeze(gaze_vector(pitch_yaw))


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis=None,
            thought="For small angles the sine is the angle.",
            hint="How small is 24°, in radians? Compare it with its sine.")
def small_angles(pitch_yaw):
    p, y = pitch_yaw.T
    v = _directions(-y, -p, -np.ones_like(p))
    return v / np.linalg.norm(v, axis=1, keepdims=True)


@book.wrong("gaze_vector", caught_by=VECTORS, diagnosis="precision",
            thought="Images are float32, so angles are too.",
            hint="The angles are float64: which line turned them into something shorter?")
def single_precision(pitch_yaw):
    return gaze_vector(pitch_yaw.astype(np.float32))


@book.wrong("gaze_vector", caught_by="leaves_pitch_and_yaw_as_they_were", diagnosis="modifies-argument",
            thought="The minus signs can be had at once: `pitch_yaw *= -1`.",
            hint="The caller goes on with pitch_yaw. What does it hold now?")
def signs_changed_in_place(pitch_yaw):
    pitch_yaw *= -1
    p, y = pitch_yaw.T
    return _directions(np.cos(p) * np.sin(y), np.sin(p), -np.cos(p) * np.cos(y))


@book.right("gaze_vector", style="filled column by column")
def column_by_column(pitch_yaw):
    v = np.empty((len(pitch_yaw), 3))
    v[:, 0] = -np.cos(pitch_yaw[:, 0]) * np.sin(pitch_yaw[:, 1])
    v[:, 1] = -np.sin(pitch_yaw[:, 0])
    v[:, 2] = -np.cos(pitch_yaw[:, 0]) * np.cos(pitch_yaw[:, 1])
    return v


@book.right("gaze_vector", style="a loop with math")
def loop_with_math(pitch_yaw):
    return np.array([(-math.cos(p) * math.sin(y), -math.sin(p), -math.cos(p) * math.cos(y)) for p, y in pitch_yaw])


@book.right("gaze_vector", style="two turns of (0, 0, −1), as matrices")
def two_turns(pitch_yaw):
    (cp, cy), (sp, sy) = np.cos(pitch_yaw).T, np.sin(pitch_yaw).T
    zero, one = 0 * cp, 0 * cp + 1
    up = np.array([[one, zero, zero], [zero, cp, sp], [zero, -sp, cp]])
    left = np.array([[cy, zero, sy], [zero, one, zero], [-sy, zero, cy]])
    return np.einsum("ijn,jkn,k->ni", left, up, [0.0, 0.0, -1.0])


@book.right("gaze_vector", style="tangents, made as long as one")
def normalised(pitch_yaw):
    p, y = pitch_yaw[:, :1], pitch_yaw[:, 1:]
    v = np.hstack([np.cos(p) * np.sin(y), np.sin(p), np.cos(p) * np.cos(y)])
    return -v / np.sqrt(np.sum(v**2, axis=1, keepdims=True))


@book.wrong("angular_error", caught_by=EQUAL_AND_OPPOSITE, diagnosis="nan",
            thought="The product of two unit vectors is a cosine, so it lies between −1 and 1.",
            hint="On paper. Print `np.sum(v * v, axis=1).max() - 1` for a few hundred unit vectors.")
def arccosine_unguarded(predicted, actual):
    return np.degrees(np.arccos(np.sum(predicted * actual, axis=1)))


@book.wrong("angular_error", caught_by=EQUAL_AND_OPPOSITE, diagnosis="nan-to-zero",
            thought="NaN comes where both directions are equal, so I put 0 there.",
            hint="And where they are opposite? Mend the product, not the angle.")
def nan_replaced_by_zero(predicted, actual):
    return np.nan_to_num(np.degrees(np.arccos(np.sum(predicted * actual, axis=1))))


@book.wrong("angular_error", caught_by=EQUAL_AND_OPPOSITE, diagnosis="epsilon",
            thought="A little distance from ±1 keeps the arccosine safe.",
            hint="Which angle does your function give for two equal directions?")
def kept_away_from_one(predicted, actual):
    return np.degrees(np.arccos(np.clip(np.sum(predicted * actual, axis=1), -1 + 1e-7, 1 - 1e-7)))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="radians",
            thought="`np.arccos` gives the angle.",
            hint="What does it give for a right angle? And what is asked for?")
def left_in_radians(predicted, actual):
    return np.radians(angular_error(predicted, actual))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="degrees-for-radians",
            thought="`np.radians` and `np.degrees` are easily mixed up.",
            hint="What does your function say of a right angle?")
def made_radians_of_radians(predicted, actual):
    return np.radians(np.radians(angular_error(predicted, actual)))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="summed-up",
            thought="The error of a network is one number.",
            hint="The mean can be taken afterwards. Which samples are the bad ones?")
def mean_of_all(predicted, actual):
    return np.mean(angular_error(predicted, actual))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="chord",
            thought="The error is the distance of the two.",
            hint="How far apart are opposite unit vectors, and what is their angle?")
def distance_of_the_points(predicted, actual):
    return np.linalg.norm(predicted - actual, axis=1)


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="chord",
            thought="On a sphere of radius 1 the distance is the angle, in radians.",
            hint="Along the sphere, yes. How does the straight line compare for 90°?")
def distance_as_radians(predicted, actual):
    return np.degrees(np.linalg.norm(predicted - actual, axis=1))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="cosine-for-angle",
            thought="The product of two unit vectors tells how well they agree.",
            hint="It does. Which function makes the angle of it?")
def cosine_of_the_angle(predicted, actual):
    return np.sum(predicted * actual, axis=1)


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="folded",
            thought="The cross product has the length of the sine.",
            hint="30° and 150° have the same sine. What tells them apart?")
def arcsine_of_the_cross_product(predicted, actual):
    return np.degrees(np.arcsin(np.minimum(np.linalg.norm(np.cross(predicted, actual), axis=1), 1)))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="half-angle",
            thought="Half the distance is the sine of the angle.",
            hint="Draw the triangle of both vectors: which angle does half the chord belong to?")
def half_of_the_angle(predicted, actual):
    return np.degrees(np.arcsin(np.minimum(np.linalg.norm(predicted - actual, axis=1) / 2, 1)))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="supplement",
            thought="The signs of gaze vectors are all minus, so I turn one round.",
            hint="What does your function say of two equal directions?")
def one_turned_round(predicted, actual):
    return angular_error(predicted, -actual)


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="all-pairs",
            thought="The product of two vectors is `@`.",
            hint="Print the shape of `predicted @ actual.T`. Which of its entries belong to the same sample?")
def product_of_matrices(predicted, actual):
    return np.degrees(np.arccos(np.clip(predicted @ actual.T, -1, 1)))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="wrong-axis",
            thought="Axis 0 is the rows, so I sum over axis 0.",
            hint="The axis you name is the one that disappears. Which axis holds x, y and z?")
def summed_down_the_columns(predicted, actual):
    return np.degrees(np.arccos(np.clip(np.sum(predicted * actual, axis=0), -1, 1)))


@book.wrong("angular_error", caught_by=ANGLES, diagnosis="reshaped",
            thought="`keepdims` keeps the shapes in order.",
            hint="One angle a row is asked for, (N,). What is the shape of yours?")
def a_column_of_angles(predicted, actual):
    return angular_error(predicted, actual)[:, np.newaxis]


@book.wrong("angular_error", caught_by=EQUAL_AND_OPPOSITE, diagnosis=None,
            thought="Single precision will do for degrees.",
            hint="Which angle does your function give for two equal directions?")
def in_single_precision(predicted, actual):
    product = np.sum(predicted.astype(np.float32) * actual.astype(np.float32), axis=1)
    return np.degrees(np.arccos(np.clip(product, -1, 1)))


@book.wrong("angular_error", caught_by="leaves_both_directions_as_they_were", diagnosis="modifies-argument",
            thought="`predicted *= actual` saves an array.",
            hint="The caller goes on with its directions. What do they hold now?")
def multiplied_in_place(predicted, actual):
    right = angular_error(predicted, actual)
    predicted *= actual
    return right


@book.wrong("angular_error", caught_by="gives_one_angle_for_each_row", diagnosis="reshaped",
            thought="A single angle is a number.",
            hint="What is the shape of your result for a batch of one sample?")
def squeezed_angles(predicted, actual):
    return np.squeeze(angular_error(predicted, actual))


@book.right("angular_error", style="arccosine of the product, between −1 and 1")
def clipped(predicted, actual):
    return np.degrees(np.arccos(np.clip(np.sum(predicted * actual, axis=1), -1.0, 1.0)))


@book.right("angular_error", style="cross product and arctan2")
def by_arctan2(predicted, actual):
    sine = np.linalg.norm(np.cross(predicted, actual), axis=1)
    return np.degrees(np.arctan2(sine, np.einsum("ij,ij->i", predicted, actual)))


@book.right("angular_error", style="arcsine of half the distance")
def by_half_the_distance(predicted, actual):
    return 2 * np.degrees(np.arcsin(np.minimum(np.linalg.norm(predicted - actual, axis=1) / 2, 1)))


@book.right("angular_error", style="lengths divided out, a minimum and a maximum")
def lengths_divided_out(predicted, actual):
    lengths = np.linalg.norm(predicted, axis=1) * np.linalg.norm(actual, axis=1)
    cosine = np.diagonal(predicted @ actual.T) / lengths
    return np.arccos(np.maximum(np.minimum(cosine, 1), -1)) * 180 / np.pi


@book.right("angular_error", style="a loop with math")
def math_row_by_row(predicted, actual):
    return np.array([math.degrees(math.acos(max(-1.0, min(1.0, float(a @ b)))))
                     for a, b in zip(predicted, actual, strict=True)])
