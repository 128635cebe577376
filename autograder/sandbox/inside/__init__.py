"""What runs beside the student's code: the warm process, the notebook in it, and its end of the channel.

The folder is started as a program of its own (see `__main__`), where it is the package `inside` and nothing
else of `autograder` exists. Its `channel`, `values` and `generators` are what both sides share; they need
only NumPy.
"""
