"""Wrong and right solutions of stage 06."""

from autograder.misconceptions import Casebook

book = Casebook("06-mnist")
