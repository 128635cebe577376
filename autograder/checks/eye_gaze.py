"""Hidden checks of stage 08 against the reference."""

from mlplab.checking import Checks

check = Checks("08-eye-gaze", visible=False)
