"""Wrong and right solutions of stage 05."""

from autograder.misconceptions import Casebook

book = Casebook("05-training")
