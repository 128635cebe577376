"""Wrong and right solutions of stage 07."""

from autograder.misconceptions import Casebook

book = Casebook("07-fashion")
