"""Visible checks of stage 05."""

from mlplab.checking import Checks

check = Checks("05-training", visible=True)
