"""Hidden checks of stage 06 against the reference."""

from mlplab.checking import Checks

check = Checks("06-mnist", visible=False)
