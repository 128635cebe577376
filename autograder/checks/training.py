"""Hidden checks of stage 05 against the reference."""

from mlplab.checking import Checks

check = Checks("05-training", visible=False)
