"""Wrong and right solutions of stage 03."""

from autograder.misconceptions import Casebook

book = Casebook("03-loss")
