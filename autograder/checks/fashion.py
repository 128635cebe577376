"""Hidden checks of stage 07 against the reference."""

from mlplab.checking import Checks

check = Checks("07-fashion", visible=False)
