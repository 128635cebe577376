"""Points in the plane for the training room: XOR, circles, a spiral, and what the reader paints."""

import numpy as np

from mlplab.explore.drawing import PLANE, X_XOR, Y_XOR

NAMES = ("XOR", "circles", "spiral", "painted")
_POINTS = 60


def points(name: str, painted: list[tuple[float, float, int]]) -> tuple[np.ndarray, np.ndarray]:
    """X (N, 2) in the plane and y (N, 1), classes 0 and 1; the same at every call."""
    if name == "XOR":
        return X_XOR, Y_XOR
    if name == "painted":
        rows = np.array(painted, dtype=float).reshape(-1, 3)
        return rows[:, :2], rows[:, 2:]
    rng = np.random.default_rng(1)
    y = np.arange(_POINTS) % 2
    along = (np.arange(_POINTS) // 2 + 0.5) / (_POINTS // 2)
    if name == "circles":
        angle, radius = 2 * np.pi * along, np.where(y, 0.2, 0.55)
    else:
        angle, radius = 2.5 * np.pi * along + np.pi * y, 0.06 + 0.54 * along
    X = 0.5 + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + rng.normal(0, 0.02, (_POINTS, 2))
    return X, y[:, np.newaxis].astype(float)


def parse_painted(value: object) -> list[tuple[float, float, int]]:
    """Painted points as (x₁, x₂, class); ValueError where they are none."""
    try:
        rows = [(float(x1), float(x2), int(k)) for x1, x2, k in value]
    except (TypeError, ValueError):
        raise ValueError(f"painted is a list of (x1, x2, class), not {value!r}") from None
    if not all(PLANE[0] <= x <= PLANE[1] for x1, x2, _ in rows for x in (x1, x2)) or {k for *_, k in rows} - {0, 1}:
        raise ValueError(f"painted points lie between {PLANE[0]} and {PLANE[1]} and have class 0 or 1")
    return rows
