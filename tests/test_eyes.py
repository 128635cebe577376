"""Rendered eyes show what their labels say: the iris is found in the picture and held against geometry."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlplab import eyes
from mlplab.eyes import rendering

IRIS_DEPTH, LIDS_DEPTH = 10.4, 10.0  # mm
MIDDLE = np.array([29.5, 17.5])  # x and y of the patch's middle, pixels
PIXEL_ERROR = 0.3  # of a centre found in the picture


def generator(seed=5):
    return np.random.default_rng(seed)


def with_values(table, **values):
    return replace(table, **{name: np.full(len(table), float(value)) for name, value in values.items()})


def wide_open(n, **values):
    """Persons without anything before the eyeball, the iris black on white."""
    lidless = dict(upper=-60, lower=60, half_width=60, upper_follows=0, lower_follows=0, roundness=0, skew=0, tilt=0)
    return with_values(eyes.draw_persons(n, generator()), sclera=1, iris=0, limbus=1, **lidless | values)


def aligned(n, **values):
    """Persons whose optic axis is the visual axis, the eyeball in the middle between the corners."""
    return wide_open(n, **dict(kappa_pitch=0, kappa_yaw=0, eye_x=0, eye_y=0) | values)


def in_order(n):
    return np.arange(n)


def gaze_vector(pitch_yaw):
    p, y = np.transpose(pitch_yaw)
    return np.stack([-np.cos(p) * np.sin(y), -np.sin(p), -np.cos(p) * np.cos(y)], axis=1)


def found_iris(images):
    """Centres of the dark discs, (N, 2) as x and y, by image analysis; the bright glint within is filled."""
    dark = images < 0.4
    filled = np.maximum.accumulate(dark, axis=2) & np.maximum.accumulate(dark[:, :, ::-1], axis=2)[:, :, ::-1]
    assert filled.any(axis=(1, 2)).all()
    y, x = np.mgrid[:eyes.HEIGHT, :eyes.WIDTH]
    return np.stack([(filled * axis).sum((1, 2)) / filled.sum((1, 2)) for axis in (x, y)], axis=1)


def eyeball_centre(persons, views):
    """Where the eyeball's centre stands in the patch, (N, 2), pixels."""
    place = np.stack([persons.eye_x, persons.eye_y], axis=1)
    cos, sin = np.cos(views.roll), np.sin(views.roll)
    turned = np.einsum("ijn,nj->ni", [[cos, -sin], [sin, cos]], place)
    head = LIDS_DEPTH * np.sin([views.head_yaw, views.head_pitch]).T
    return MIDDLE + np.stack([views.shift_x, views.shift_y], axis=1) + views.scale[:, np.newaxis] * (turned + head)


def iris_centre(persons, views, optic_axis):
    """Where the centre of the iris stands, (N, 2), pixels, when the optic axis has this pitch and yaw."""
    return eyeball_centre(persons, views) + views.scale[:, np.newaxis] * IRIS_DEPTH * gaze_vector(optic_axis)[:, :2]


def visible_iris(persons, person, pitch_yaw, views=None):
    """How much of the iris each pixel shows, unscaled: what changes when the iris is lighter, (N, 36, 60)."""
    dark, light = (eyes.render(with_values(persons, iris=shade), person, pitch_yaw, views) for shade in (0.1, 0.4))
    return light - dark


# What comes out


def test_a_dataset_has_the_documented_shapes_and_ranges():
    images, pitch_yaw, person = eyes.make_dataset(7, 11, generator())
    assert images.shape == (77, 36, 60) and images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 1 and images.std() > 0.1
    assert pitch_yaw.shape == (77, 2) and pitch_yaw.dtype == np.float64
    assert_array_equal(person, np.repeat(np.arange(7), 11))


def test_gaze_is_drawn_over_its_range():
    pitch, yaw = np.degrees(eyes.draw_gaze(5000, generator())).T
    assert_allclose([pitch.min(), pitch.max(), yaw.min(), yaw.max()], [-21, 15, -24, 24], atol=0.1)


def test_the_same_generator_gives_the_same_dataset():
    first, again, other = (eyes.make_dataset(3, 4, generator(seed)) for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        assert_array_equal(a, b)
    assert not np.array_equal(first[0], other[0])


def test_the_global_random_state_is_left_alone():
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    eyes.make_dataset(2, 2, generator())
    assert np.random.random() == expected


def test_without_noise_an_image_depends_on_its_own_row_alone():
    rng = generator()
    persons, views = eyes.draw_persons(5, rng), eyes.draw_views(40, rng)
    person, gaze = rng.integers(0, 5, 40), eyes.draw_gaze(40, rng)
    together = eyes.render(persons, person, gaze, views)
    some = rng.permutation(40)[:7]
    assert_allclose(eyes.render(persons, person[some], gaze[some], views.rows(some)), together[some], atol=1e-5)


def test_noise_does_not_depend_on_the_size_of_a_batch(monkeypatch):
    expected, *_ = eyes.make_dataset(3, 20, generator())
    monkeypatch.setattr(rendering, "_BATCH", 7)
    assert_allclose(eyes.make_dataset(3, 20, generator())[0], expected, atol=1e-5)


def test_noise_is_as_strong_as_the_view_says():
    n = 20
    person, gaze = np.zeros(n, int), np.zeros((n, 2))
    persons, views = eyes.draw_persons(1, generator()), with_values(eyes.steady_views(n), noise=0.01)
    noise = eyes.render(persons, person, gaze, views, generator()) - eyes.render(persons, person, gaze, views)
    inner = noise[:, 28:]  # skin: nothing there meets black or white
    assert_allclose([inner.mean(), inner.std()], [0, 0.01], atol=3e-4)


def test_arguments_come_back_as_they_went_in():
    persons, gaze, views = eyes.draw_persons(2, generator()), eyes.draw_gaze(2, generator()), eyes.steady_views(2)
    before = [np.copy(column) for table in (persons, views) for column in vars(table).values()] + [gaze.copy()]
    eyes.render(persons, in_order(2), gaze, views, generator())
    after = [column for table in (persons, views) for column in vars(table).values()] + [gaze]
    for a, b in zip(before, after, strict=True):
        assert_array_equal(a, b)


def test_extreme_persons_and_views_are_rendered_silently():
    rng = generator()
    with np.errstate(all="raise", under="ignore"):
        images = eyes.render(eyes.draw_persons(300, rng), in_order(300), rng.uniform(-0.8, 0.8, (300, 2)),
                             eyes.draw_views(300, rng), rng)
    assert np.isfinite(images).all()


def test_no_images_are_as_good_as_any():
    assert eyes.render(eyes.draw_persons(1, generator()), np.zeros(0, int), np.zeros((0, 2))).shape == (0, 36, 60)


@pytest.mark.parametrize(("gaze", "views"), [(np.zeros((3, 2)), 2), (np.zeros((2, 2)), 3), (np.zeros(2), 2)])
def test_numbers_that_do_not_fit_are_refused(gaze, views):
    with pytest.raises(ValueError, match="2 eyes need"):
        eyes.render(eyes.draw_persons(2, generator()), in_order(2), gaze, eyes.steady_views(views))


# Labels


def test_the_iris_stands_where_the_gaze_vector_says():
    n = 200
    gaze, persons, views = eyes.draw_gaze(n, generator()), aligned(n), eyes.steady_views(n)
    expected = iris_centre(persons, views, gaze)
    error = found_iris(eyes.render(persons, in_order(n), gaze, views)) - expected
    assert_allclose(error, 0, atol=PIXEL_ERROR)
    assert_allclose(error.mean(axis=0), 0, atol=0.05)


@pytest.mark.parametrize(("pitch", "yaw", "axis", "sign"), [
    (15, 0, 1, -1),  # up in the picture: towards row 0
    (-15, 0, 1, 1),
    (0, 15, 0, -1),  # to the picture's left
    (0, -15, 0, 1),
])
def test_which_way_is_which(pitch, yaw, axis, sign):
    gaze = np.radians([[0, 0], [pitch, yaw]])
    straight, turned = found_iris(eyes.render(aligned(1), np.zeros(2, int), gaze))
    moved = turned - straight
    assert_allclose(moved[axis], sign * 1.36 * IRIS_DEPTH * np.sin(np.radians(15)), atol=0.15)
    assert_allclose(moved[1 - axis], 0, atol=0.1)


def test_a_person_who_looks_straight_ahead_shows_kappa():
    kappa = np.radians([[-3, -6], [2, 5], [0, -8], [4, 0]])
    persons = replace(aligned(4), kappa_pitch=kappa[:, 0], kappa_yaw=kappa[:, 1])
    views = eyes.steady_views(4)
    expected = iris_centre(persons, views, kappa)
    assert_allclose(found_iris(eyes.render(persons, in_order(4), np.zeros((4, 2)), views)), expected, atol=PIXEL_ERROR)


def test_optic_and_visual_axis_keep_their_angle_wherever_the_eye_looks():
    n = 100
    persons, views = aligned(n, kappa_pitch=-0.05, kappa_yaw=-0.1), eyes.steady_views(n)
    gaze = eyes.draw_gaze(n, generator())
    off_centre = found_iris(eyes.render(persons, in_order(n), gaze, views)) - eyeball_centre(persons, views)
    across = off_centre / (views.scale[:, np.newaxis] * IRIS_DEPTH)
    optic = np.column_stack([across, -np.sqrt(1 - (across**2).sum(axis=1))])
    angle = np.degrees(np.arccos((optic * gaze_vector(gaze)).sum(axis=1)))
    assert_allclose(angle, np.degrees(np.arccos(np.cos(0.05) * np.cos(0.1))), atol=1)


def test_head_and_camera_move_the_iris_only_as_geometry_says():
    n = 100
    rng = generator()
    persons = aligned(n, eye_x=1.5, eye_y=-2)
    gaze = rng.uniform(-0.2, 0.2, (n, 2))
    moved = {"shift_x", "shift_y", "scale", "roll", "head_pitch", "head_yaw"}
    drawn = eyes.draw_views(n, rng)
    views = replace(eyes.steady_views(n), **{name: getattr(drawn, name) for name in moved})
    expected = iris_centre(persons, views, gaze)
    assert_allclose(found_iris(eyes.render(persons, in_order(n), gaze, views)), expected, atol=PIXEL_ERROR)


def test_between_natural_lids_the_iris_is_seen_in_its_place_and_nowhere_else():
    n = 100
    rng = generator()
    persons, gaze, views = eyes.draw_persons(n, rng), eyes.draw_gaze(n, rng), eyes.steady_views(n)
    persons = with_values(persons, kappa_pitch=0, kappa_yaw=0)
    seen = visible_iris(persons, in_order(n), gaze, views) > 0.03
    centre = iris_centre(persons, views, gaze)
    y, x = np.mgrid[:eyes.HEIGHT, :eyes.WIDTH]
    distance = np.hypot(x - centre[:, 0, None, None], y - centre[:, 1, None, None])
    radius = (views.scale * persons.iris_radius)[:, None, None]
    assert not seen[distance > radius + 1.5].any()
    assert seen.sum(axis=(1, 2)).min() > 0.25 * np.pi * radius.min() ** 2


# Lids


def opening(persons, person, pitch_yaw):
    """The pixels that show the eyeball: those that change when all of it is lighter."""
    shades = [dict(sclera=shade, iris=shade) for shade in (0.2, 0.5)]
    dark, light = (eyes.render(with_values(persons, **shade), person, pitch_yaw) for shade in shades)
    return light - dark > 0.04


def test_the_upper_lid_follows_the_gaze():
    persons = with_values(eyes.draw_persons(20, generator()), iris_radius=3, pupil_radius=0.5)
    up, straight, down = (opening(persons, in_order(20), np.radians([[pitch, 0]] * 20)) for pitch in (15, 0, -20))
    margin = [seen.any(axis=2).argmax(axis=1) for seen in (up, straight, down)]
    assert (margin[0] < margin[1]).all() and (margin[1] < margin[2]).all()
    assert (up.sum((1, 2)) > straight.sum((1, 2))).all() and (straight.sum((1, 2)) > down.sum((1, 2))).all()


def test_lids_cover_more_of_the_iris_when_it_looks_down():
    persons = eyes.draw_persons(20, generator())
    lidless = with_values(persons, upper=-60, lower=60, half_width=60, upper_follows=0, lower_follows=0)

    def share(pitch):
        gaze = np.radians([[pitch, 0]] * 20)
        areas = [(visible_iris(who, in_order(20), gaze) > 0.03).sum((1, 2)) for who in (persons, lidless)]
        return areas[0] / areas[1]

    straight, down = share(0), share(-20)
    assert down.mean() < straight.mean() - 0.05
    assert down.max() < 0.9 and down.min() > 0.3


# Contact sheet


def test_a_contact_sheet_holds_each_image_in_its_place():
    images = np.arange(1, 6).reshape(5, 1, 1) * np.full((5, 2, 3), 0.1)
    sheet = eyes.contact_sheet(images, columns=3, gap=1)
    assert sheet.shape == (2 * 3 + 1, 3 * 4 + 1)
    assert_allclose(sheet[1:3, 5:8], 0.2)
    assert_allclose(sheet[4:6, 5:8], 0.5)
    assert_allclose(sheet[4:6, 9:12], 1)  # where a sixth would stand
    assert_allclose(sheet[[0, 3, 6]], 1)
    assert_allclose(sheet[:, [0, 4, 8, 12]], 1)
