"""Wrong and right solutions of stage 08."""

from autograder.misconceptions import Casebook

book = Casebook("08-eye-gaze")
