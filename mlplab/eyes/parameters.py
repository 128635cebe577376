"""What an eye and a photograph of it are described by, and how both are drawn."""

from dataclasses import dataclass
from typing import Self

import numpy as np


class _Table:
    """Columns of one length; a row describes one thing."""

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))

    def rows(self, index: np.ndarray | slice) -> Self:
        """The rows at an index, which may repeat them."""
        return type(self)(*(column[index] for column in vars(self).values()))

    def beside_pixels(self) -> Self:
        """The same as float32, with columns of shape (n, 1, 1), to be computed with images (n, H, W)."""
        columns = (np.asarray(column, np.float32) for column in vars(self).values())
        return type(self)(*(column.reshape(-1, 1, 1) if column.ndim == 1 else column for column in columns))


@dataclass(frozen=True, eq=False)
class Persons(_Table):
    """One eye of each of n persons. Every field is an array (n,), but for `mottle`.

    Lengths are in millimetres, angles in radians, shades between 0 (black) and 1 (white). Places are given from the
    midpoint between the corners of the eye; x is to the right in the picture, away from the nose, y downwards.

    Attributes:
        kappa_pitch, kappa_yaw: where the optic axis points when the person looks straight ahead.
        eye_x, eye_y: the eyeball's centre.
        iris_radius, pupil_radius: of the discs; the pupil's in ordinary light.
        half_width, tilt: half the distance between the corners, and by how much the outer one is higher.
        upper, lower: where the margins of the lids stand at their middle, the iris level with the eyeball's centre;
            upper is negative.
        roundness, skew: of the lids' arcs: 0 is a parabola, higher is more angular; skew moves the highest point.
        upper_follows, lower_follows: the lid's share in the movement of the iris up and down.
        crease, crease_depth: how far the fold lies above the upper margin, and how dark it is.
        brow, brow_arch, brow_thickness, brow_shade: the brow's height above the eye and the rest of it.
        lashes: darkness of the upper lashes.
        hollow: darkness of the socket beside the nose and under the eye.
        skin, sclera, iris, limbus: shades; that of the limbus, the ring around the iris, as a share of the iris'.
        fibre, fibre_phase: strength and turn of the iris' rays.
        mottle: (n, 5, 8), unevenness of the skin.
    """

    kappa_pitch: np.ndarray
    kappa_yaw: np.ndarray
    eye_x: np.ndarray
    eye_y: np.ndarray
    iris_radius: np.ndarray
    pupil_radius: np.ndarray
    half_width: np.ndarray
    tilt: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    roundness: np.ndarray
    skew: np.ndarray
    upper_follows: np.ndarray
    lower_follows: np.ndarray
    crease: np.ndarray
    crease_depth: np.ndarray
    brow: np.ndarray
    brow_arch: np.ndarray
    brow_thickness: np.ndarray
    brow_shade: np.ndarray
    lashes: np.ndarray
    hollow: np.ndarray
    skin: np.ndarray
    sclera: np.ndarray
    iris: np.ndarray
    limbus: np.ndarray
    fibre: np.ndarray
    fibre_phase: np.ndarray
    mottle: np.ndarray


@dataclass(frozen=True, eq=False)
class Views(_Table):
    """How each of N photographs was taken. Every field is an array (N,).

    Attributes:
        shift_x, shift_y: from the middle of the patch to the midpoint between the eye's corners, in pixels.
        scale: pixels a millimetre.
        roll: by how much the face is turned in the picture, clockwise, in radians. The gaze is the camera's: it does
            not turn.
        head_pitch, head_yaw: of the head, in radians, signs as for the gaze. They move the lids over the eyeball.
        light_x, light_y: the direction of the light, of length below 1; x to the right, y downwards.
        exposure: factor on all shades.
        dilation: factor on the pupil's radius.
        blur: standard deviation of the blur, in pixels.
        noise: standard deviation of the camera's noise.
    """

    shift_x: np.ndarray
    shift_y: np.ndarray
    scale: np.ndarray
    roll: np.ndarray
    head_pitch: np.ndarray
    head_yaw: np.ndarray
    light_x: np.ndarray
    light_y: np.ndarray
    exposure: np.ndarray
    dilation: np.ndarray
    blur: np.ndarray
    noise: np.ndarray


def draw_persons(n: int, rng: np.random.Generator) -> Persons:
    """Draws n persons. The anatomy's means are textbook values."""
    normal, uniform, degrees = _draws(n, rng)
    skin = uniform(0.22, 0.75)
    return Persons(
        # The optic axis points about 5° outwards of the visual axis and a little below it.
        kappa_pitch=degrees(-1.5, 2.0), kappa_yaw=degrees(-5.0, 2.5),
        eye_x=normal(0.0, 0.4), eye_y=normal(-1.3, 0.4),
        iris_radius=normal(5.9, 0.2), pupil_radius=uniform(1.6, 2.4),
        half_width=normal(14.5, 0.9), tilt=normal(0.07, 0.05),
        upper=normal(-5.6, 0.7), lower=normal(4.0, 0.4), roundness=uniform(-0.1, 0.5), skew=uniform(-0.25, 0.1),
        upper_follows=normal(0.75, 0.08), lower_follows=normal(0.3, 0.06),
        crease=normal(2.9, 0.7), crease_depth=uniform(0.08, 0.4),
        brow=normal(14.8, 1.3), brow_arch=uniform(0.3, 2.5), brow_thickness=uniform(1.8, 3.0),
        brow_shade=uniform(0.25, 0.7),
        lashes=uniform(0.45, 0.9), hollow=uniform(0.1, 0.3),
        skin=skin, sclera=uniform(0.68, 0.85),
        iris=0.1 + uniform(0.05, 0.4) * skin**0.5, limbus=uniform(0.3, 0.6), fibre=uniform(0.05, 0.3),
        fibre_phase=uniform(0, 2 * np.pi), mottle=rng.normal(0, 0.03, (n, 5, 8)),
    )


def draw_gaze(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draws n directions of gaze evenly: up to 15° up, 21° down, 24° to either side. Returns (n, 2), radians."""
    return np.radians(rng.uniform((-21, -24), (15, 24), (n, 2)))


def draw_views(n: int, rng: np.random.Generator) -> Views:
    """Draws how n photographs were taken: the head not quite still, the light and the camera as they come."""
    normal, uniform, degrees = _draws(n, rng)
    light, around = uniform(0.1, 0.6), uniform(0, 2 * np.pi)
    return Views(
        shift_x=normal(0, 0.6), shift_y=normal(2.0, 0.5), scale=normal(1.36, 0.03), roll=degrees(0, 2),
        head_pitch=degrees(0, 2), head_yaw=degrees(0, 2),
        light_x=light * np.cos(around), light_y=light * np.sin(around) - 0.2,
        exposure=np.exp(normal(0.05, 0.14)), dilation=uniform(0.8, 1.25), blur=uniform(0.45, 0.9),
        noise=uniform(0.004, 0.02),
    )


def steady_views(n: int) -> Views:
    """The same photograph n times: the head held still, light from the front, sharp."""
    still = dict.fromkeys(("shift_x", "roll", "head_pitch", "head_yaw", "light_x", "noise"), 0.0)
    chosen = still | {"shift_y": 2.0, "scale": 1.36, "light_y": -0.2, "exposure": 1.0, "dilation": 1.0, "blur": 0.5}
    return Views(**{name: np.full(n, value) for name, value in chosen.items()})


def _draws(n: int, rng: np.random.Generator) -> tuple:
    return (lambda mean, spread: rng.normal(mean, spread, n),
            lambda low, high: rng.uniform(low, high, n),
            lambda mean, spread: np.radians(rng.normal(mean, spread, n)))
