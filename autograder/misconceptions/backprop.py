"""Wrong and right solutions of stage 04."""

from autograder.misconceptions import Casebook

book = Casebook("04-backprop")
