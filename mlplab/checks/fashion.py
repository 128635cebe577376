"""Visible checks of stage 07."""

from mlplab.checking import Checks

check = Checks("07-fashion", visible=True)
