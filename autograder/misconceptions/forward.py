"""Wrong and right solutions of stage 02."""

from autograder.misconceptions import Casebook

book = Casebook("02-forward")
