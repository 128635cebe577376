"""Hidden checks of stage 02 against the reference."""

from mlplab.checking import Checks

check = Checks("02-forward", visible=False)
