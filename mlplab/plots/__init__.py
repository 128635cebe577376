"""The course's pictures, drawn from the student's own functions and arrays.

Each function shows its picture as a PNG with a text that says what it shows, and returns None. Where an array
is asked for, a function of no arguments that returns it will do: `plots.training_curve(lambda: train(…)[2])`.
A student's function that is not written yet, raises an exception or returns something that cannot be drawn is
answered with one line. `plots.NAME.draw(…)`, with the same arguments, returns the `Picture` instead: figure,
text and arrays; it raises `NoPicture` where the other shows a line.
"""

from mlplab.plots.answers import confusion_heat_map, predicted_against_actual
from mlplab.plots.curves import activation_and_slope, spread_by_depth, training_curve
from mlplab.plots.eye_gaze import error_by_person, eye_patches, pitch_and_yaw
from mlplab.plots.images import image_grid
from mlplab.plots.picture import Picture
from mlplab.plots.plane import decision_boundary, hidden_units, seeds_strip, xor_scatter
from mlplab.plots.values import NoPicture
from mlplab.plots.weights import gradient_check, network, network_diagram

__all__ = [
    "NoPicture",
    "Picture",
    "activation_and_slope",
    "confusion_heat_map",
    "decision_boundary",
    "error_by_person",
    "eye_patches",
    "gradient_check",
    "hidden_units",
    "image_grid",
    "network",
    "network_diagram",
    "pitch_and_yaw",
    "predicted_against_actual",
    "seeds_strip",
    "spread_by_depth",
    "training_curve",
    "xor_scatter",
]
