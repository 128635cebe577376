"""Pictures of eyes and where they look, for learning gaze from: rendered, so they show nobody.

    images, pitch_yaw, person = eyes.make_dataset(40, 100, np.random.default_rng(8))

gives 4,000 patches of 36 × 60 grey pixels, float32 in [0, 1], the pitch and yaw of each in radians, and whose eye it
is. All eyes are left eyes: the nose is at the left edge of the patch.

**Which way is which.** Angles follow MPIIGaze: the camera's axes are x to the right, y downwards and z away from it,
and an eye at pitch p and yaw y looks along (−cos p sin y, −sin p, −cos p cos y). At (0, 0) it looks into the camera; a
positive pitch is up, in the picture too; a positive yaw is towards the picture's left.

**Why a stranger's gaze is harder.** What is labelled is the visual axis, from the fovea through the pupil: where the
eye looks. What the picture shows is the optic axis, on which the eye's parts are lined up. Between them lies an angle,
kappa, of about five degrees, which differs from person to person and is nowhere to be seen. So does the place of the
eyeball between the lids. A network can learn both of a person it has met before, and cannot of one it has not.
"""

import numpy as np

from mlplab.eyes.parameters import Persons, Views, draw_gaze, draw_persons, draw_views, steady_views
from mlplab.eyes.rendering import HEIGHT, WIDTH, render

__all__ = [
    "HEIGHT",
    "WIDTH",
    "Persons",
    "Views",
    "contact_sheet",
    "draw_gaze",
    "draw_persons",
    "draw_views",
    "make_dataset",
    "render",
    "steady_views",
]


def make_dataset(n_persons: int, per_person: int,
                 rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Renders eyes of several persons, one person after the other.

    Inputs:
        n_persons, per_person: how many persons, and how many images of each.
        rng: draws everything; from the same state come the same images.
    Returns: with N = n_persons · per_person
        images: (N, 36, 60) float32 in [0, 1].
        pitch_yaw: (N, 2) float64, radians.
        person: (N,) integers from 0 to n_persons − 1.
    """
    person = np.repeat(np.arange(n_persons), per_person)
    persons = draw_persons(n_persons, rng)
    pitch_yaw = draw_gaze(len(person), rng)
    views = draw_views(len(person), rng)
    return render(persons, person, pitch_yaw, views, rng), pitch_yaw, person


def contact_sheet(images: np.ndarray, columns: int, *, gap: int = 3) -> np.ndarray:
    """Lays images out in rows, as one picture for `imshow`.

    Inputs:
        images: (N, H, W) in [0, 1].
        columns: how many images a row holds; the last row may be shorter.
        gap: pixels of white around each.
    Returns: (rows · (H + gap) + gap, columns · (W + gap) + gap).
    """
    n, height, width = images.shape
    rows = -(-n // columns)
    cells = np.ones((rows * columns, height + gap, width + gap), images.dtype)
    cells[:n, gap:, gap:] = images
    sheet = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2).reshape(rows * cells.shape[1], -1)
    return np.pad(sheet, ((0, gap), (0, gap)), constant_values=1)
