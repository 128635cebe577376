"""From the description of an eye to its picture: geometry first, then shade upon shade.

All is computed for whole batches of images at once, (B, 36, 60), in millimetres: an edge is a ramp, one pixel wide, of
the distance to it. The projection is parallel, as by a long lens.
"""

from typing import NamedTuple

import numpy as np

from mlplab.eyes.parameters import Persons, Views, steady_views

HEIGHT, WIDTH = 36, 60

_EYEBALL = 12.0  # radius; all lengths in mm
_IRIS_DEPTH = 10.4  # from the eyeball's centre to the plane of the iris
_CORNEA, _CORNEA_DEPTH = 7.8, 5.6  # radius of its curve, and from the eyeball's centre to that of the curve
_LIDS_DEPTH = 10.0  # how far the eye's corners lie before the eyeball's centre

_BATCH = 32  # images a batch: few enough for the intermediate arrays to stay in the processor's cache


def render(persons: Persons, person: np.ndarray, pitch_yaw: np.ndarray, views: Views | None = None,
           rng: np.random.Generator | None = None) -> np.ndarray:
    """Renders N images. Without `rng` each depends on nothing but its own row of parameters.

    Inputs:
        persons: the persons to choose from.
        person: (N,) integers, whose eye each image shows.
        pitch_yaw: (N, 2), the direction of gaze in radians.
        views: N of them; `steady_views(N)` if left out.
        rng: draws the camera's noise; without it there is none.
    Returns: (N, 36, 60) float32 in [0, 1].
    Raises: ValueError where the numbers of eyes, directions and views differ.
    """
    person, pitch_yaw = np.asarray(person), np.asarray(pitch_yaw, np.float32)
    n = len(person)
    views = steady_views(n) if views is None else views
    if pitch_yaw.shape != (n, 2) or len(views) != n:
        raise ValueError(f"{n} eyes need pitch_yaw of shape ({n}, 2) and {n} views, not {pitch_yaw.shape} and "
                         f"{len(views)}.")
    images = np.empty((n, HEIGHT, WIDTH), np.float32)
    for start in range(0, n, _BATCH):
        batch = slice(start, start + _BATCH)
        p, v = persons.rows(person[batch]).beside_pixels(), views.rows(batch).beside_pixels()
        image = _blurred(_draw(p, v, pitch_yaw[batch]), v.blur)
        if rng is not None:
            image += v.noise * rng.standard_normal(image.shape, np.float32)
        np.clip(image, 0, 1, out=images[batch])
    return images


class _Lids(NamedTuple):
    """Where pixels are to the lids, (B, H, W) each: distances in mm, and 1 between the corners, 0 beyond."""

    below_upper: np.ndarray
    above_lower: np.ndarray
    below_crease: np.ndarray
    between: np.ndarray


def _draw(p: Persons, v: Views, pitch_yaw: np.ndarray) -> np.ndarray:
    """The sharp image, (B, H, W), before the camera: without blur, noise and its limits at black and white."""
    x = (np.arange(WIDTH, dtype=np.float32) - (WIDTH - 1) / 2 - v.shift_x) / v.scale
    y = (np.arange(HEIGHT, dtype=np.float32)[:, np.newaxis] - (HEIGHT - 1) / 2 - v.shift_y) / v.scale
    cos, sin = np.cos(v.roll), np.sin(v.roll)
    across, down = x * cos + y * sin, y * cos - x * sin  # in the face's own directions

    # The eyeball lies deeper than the lids: when the head turns, it shifts against them.
    eye_x = p.eye_x * cos - p.eye_y * sin + _LIDS_DEPTH * np.sin(v.head_yaw)
    eye_y = p.eye_x * sin + p.eye_y * cos + _LIDS_DEPTH * np.sin(v.head_pitch)
    optic = _optic_axis(p, pitch_yaw)
    eye = _eyeball(p, v, x - eye_x, y - eye_y, optic)

    lids = _lids(p, across, down, drop=_IRIS_DEPTH * optic[1])
    skin = _skin(p, across, down, lids)
    caruncle = _bump((across + 0.93 * p.half_width) / 2.2)
    shadow = np.exp(-np.maximum(lids.below_upper, 0) / 1.3)
    eye *= (1 - 0.4 * caruncle) * (1 - 0.5 * shadow)
    opening = _inside(lids.below_upper, v.scale) * _inside(lids.above_lower, v.scale)
    image = skin + opening * (eye - skin)

    roots, tips = _bump((lids.below_upper + 0.3) / 0.75), _bump((lids.below_upper + 1.5) / 0.9)
    fan = 0.5 + 0.5 * np.cos(across * (2.6 - 0.1 * lids.below_upper))
    image *= 1 - p.lashes * lids.between * np.maximum(roots, 0.5 * fan * tips)
    return image * (v.exposure * (1 + 0.022 * (v.light_x * x + v.light_y * y)))


def _turn(vector: tuple, pitch: np.ndarray, yaw: np.ndarray) -> tuple:
    """Turns a vector (x, y, z) as the eye turns: from straight ahead up by the pitch, then left by the yaw."""
    x, y, z = vector
    y, z = y * np.cos(pitch) + z * np.sin(pitch), z * np.cos(pitch) - y * np.sin(pitch)
    return x * np.cos(yaw) + z * np.sin(yaw), y, z * np.cos(yaw) - x * np.sin(yaw)


def _optic_axis(p: Persons, pitch_yaw: np.ndarray) -> tuple:
    """The unit vector from the eyeball's centre through the pupil's, when the visual axis points to `pitch_yaw`."""
    pitch, yaw = pitch_yaw.T.reshape(2, -1, 1, 1)
    return _turn(_turn((0, 0, -1), p.kappa_pitch, p.kappa_yaw), pitch, yaw)


def _eyeball(p: Persons, v: Views, x: np.ndarray, y: np.ndarray, optic: tuple) -> np.ndarray:
    """The eye as it would look without lids; x (B, 1, W) and y (B, H, 1) from its centre."""
    optic_x, optic_y, optic_z = optic
    # Where the line of sight through the pixel meets the plane of the iris, and how far from the plane's centre.
    z = (_IRIS_DEPTH - x * optic_x - y * optic_y) / optic_z
    from_axis = np.sqrt(np.maximum(x**2 + (y**2 - _IRIS_DEPTH**2) + z**2, 1e-6))

    right, lower = (x - _IRIS_DEPTH * optic_x) / from_axis, (y - _IRIS_DEPTH * optic_y) / from_axis
    ray = np.cos(9 * np.arctan2(lower, right) + p.fibre_phase)
    share = from_axis / p.iris_radius
    iris = p.iris * (1 + (0.35 + p.fibre * ray) * _bump((share - 0.55) / 0.25))
    iris *= 1 - (1 - p.limbus) * _bump((share - 1) / 0.22)
    pupil = _inside(p.pupil_radius * v.dilation - from_axis, v.scale)
    iris += pupil * (0.03 - iris)

    facing = np.sqrt(np.maximum(1 - (x**2 + y**2) / _EYEBALL**2, 0.02))
    sclera = p.sclera * (0.55 + 0.45 * facing + 0.25 * (v.light_x * x + v.light_y * y) / _EYEBALL)
    image = sclera + _inside(p.iris_radius - from_axis, v.scale) * (iris - sclera)

    # The light is mirrored where the cornea's normal halves the angle between the light and the camera.
    light_z = np.sqrt(1 - v.light_x**2 - v.light_y**2)
    length = np.sqrt(2 + 2 * light_z)
    glint_x = _CORNEA_DEPTH * optic_x + _CORNEA * v.light_x / length
    glint_y = _CORNEA_DEPTH * optic_y + _CORNEA * v.light_y / length
    glint = np.minimum(2.5 * _bump((x - glint_x) / 0.65) * _bump((y - glint_y) / 0.65), 1)
    return image + glint * (1.15 - image)


def _lids(p: Persons, across: np.ndarray, down: np.ndarray, drop: np.ndarray) -> _Lids:
    """The lids when the iris' centre stands `drop` mm below the eyeball's."""
    t = across / p.half_width
    level = down + np.tan(p.tilt) * across  # below the line through the corners
    arc = (1 - t**2) * (1 + p.roundness * t**2)
    upper = np.minimum(p.upper + p.upper_follows * drop, -1.5)
    lower = np.maximum(p.lower + p.lower_follows * drop, 1.0)
    steep = 2 * t / p.half_width
    return _Lids(
        below_upper=(level - upper * arc * (1 + p.skew * t)) / np.sqrt(1 + (upper * steep) ** 2),
        above_lower=(lower * arc - level) / np.sqrt(1 + (lower * steep) ** 2),
        # The fold follows the lid, but less.
        below_crease=level - (0.7 * p.upper + 0.3 * upper - p.crease) * (1 - (t / 1.2) ** 2),
        between=_inside(1.08 * p.half_width - np.abs(across), 0.3),
    )


def _skin(p: Persons, across: np.ndarray, down: np.ndarray, lids: _Lids) -> np.ndarray:
    """The face around the eye."""
    image = p.skin * (1 + _ROWS @ p.mottle @ _COLUMNS)
    image *= 1 - p.hollow * (_bump((across + 1.1 * p.half_width) / 8) * _bump((down + 5) / 7)
                             + 0.5 * lids.between * _bump((lids.above_lower + 3.5) / 1.8))
    image *= 1 - p.crease_depth * _bump(lids.below_crease / 0.7) * lids.between
    image *= 1 + lids.between * (0.1 * _bump((lids.above_lower + 0.3) / 0.5)
                                 - 0.3 * p.lashes * _bump((lids.above_lower + 1.4) / 0.6))
    brow = down + p.brow - p.brow_arch * (across / 15) ** 2
    hairs = 0.85 + 0.15 * np.cos(2 * across + 1.4 * brow + 2 * np.cos(0.8 * across))
    return image * (1 - p.brow_shade * hairs * _bump(brow / p.brow_thickness))


def _inside(distance: np.ndarray, scale: np.ndarray | float) -> np.ndarray:
    """How much of a pixel lies inside an edge, `distance` mm from its middle: 1 inside, 0 outside."""
    return np.clip(distance * scale + 0.5, 0, 1)


def _bump(x: np.ndarray) -> np.ndarray:
    return np.exp(-(x**2))


def _blurred(images: np.ndarray, blur: np.ndarray) -> np.ndarray:
    """Gaussian blur, each image with its own standard deviation `blur` (B, 1, 1), in pixels."""
    return _gaussian(HEIGHT, blur) @ images @ _gaussian(WIDTH, blur).swapaxes(1, 2)


def _gaussian(size: int, deviation: np.ndarray) -> np.ndarray:
    """(B, size, size): each row holds the weights of one pixel."""
    steps = np.arange(size, dtype=np.float32)
    weights = _bump((steps[:, np.newaxis] - steps) / (np.sqrt(np.float32(2)) * deviation))
    return weights / weights.sum(axis=2, keepdims=True)


def _upsampling(size: int, knots: int) -> np.ndarray:
    """(size, knots): the weights by which a few values become a smooth curve of many."""
    distance = np.linspace(0, knots - 1, size)[:, np.newaxis] - np.arange(knots)
    weights = _bump(distance)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


_ROWS, _COLUMNS = _upsampling(HEIGHT, 5), _upsampling(WIDTH, 8).T
