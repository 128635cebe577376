"""Hidden checks of stage 03 against the reference."""

from mlplab.checking import Checks

check = Checks("03-loss", visible=False)
