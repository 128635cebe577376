"""Visible checks of stage 03."""

from mlplab.checking import Checks

check = Checks("03-loss", visible=True)
