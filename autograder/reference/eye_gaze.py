"""Stage 08: where an eye looks, as a direction in space, and whose eyes to test on."""

import numpy as np

from autograder.reference.fashion import train_validation_split


def gaze_vector(pitch_yaw):
    """Unit vectors (N, 3) = (−cos p sin y, −sin p, −cos p cos y) of pitch p and yaw y, (N, 2) in radians.

    MPIIGaze's axes (Zhang et al., 2015): x to the right, y down, z away from the camera, at which (0, 0, −1) looks.
    """
    pitch, yaw = np.transpose(pitch_yaw)
    return np.stack([-np.cos(pitch) * np.sin(yaw), -np.sin(pitch), -np.cos(pitch) * np.cos(yaw)], axis=1)


def angular_error(predicted, actual):
    """Angle between unit vectors (N, 3), row by row: (N,) in degrees."""
    # 2 arctan(‖p − a‖ / ‖p + a‖), by Kahan: the arccosine of p · a would lose half the digits of a small angle.
    apart, together = np.linalg.norm(predicted - actual, axis=1), np.linalg.norm(predicted + actual, axis=1)
    return np.degrees(2 * np.arctan2(apart, together))


def split_by_person(person, fraction, rng):
    """Sample indices (kept, held_out), a fraction of the persons held out with all their samples; person (N,)."""
    people = np.unique(person)
    _, held_out = train_validation_split(len(people), fraction, rng)
    is_held_out = np.isin(person, people[held_out])
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
