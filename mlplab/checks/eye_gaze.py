"""Visible checks of stage 08."""

from mlplab.checking import Checks

check = Checks("08-eye-gaze", visible=True)
