"""Hidden checks of stage 04 against the reference."""

from mlplab.checking import Checks

check = Checks("04-backprop", visible=False)
