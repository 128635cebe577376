"""Visible checks of stage 02."""

from mlplab.checking import Checks

check = Checks("02-forward", visible=True)
