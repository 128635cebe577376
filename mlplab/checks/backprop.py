"""Visible checks of stage 04."""

from mlplab.checking import Checks

check = Checks("04-backprop", visible=True)
