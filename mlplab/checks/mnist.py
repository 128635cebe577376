"""Visible checks of stage 06."""

from mlplab.checking import Checks

check = Checks("06-mnist", visible=True)
