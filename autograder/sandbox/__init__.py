"""Runs a student's notebook in a process of its own and calls its functions from outside.

    with Session(directory) as session:
        result = session.run_cell("def f(x):\\n    return 2 * x")
        session.student.f(np.arange(3))

The grader's side is here; `inside` is what runs beside the student's code. Nothing of the grader's (checks,
reference, expected values) is ever there, and nothing that comes from there is more than data that has been
looked at.
"""

from autograder.sandbox.inside.values import Opaque
from autograder.sandbox.launch import LADDER, Isolation, NotIsolated, SandboxError
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import CellResult, Session
from autograder.sandbox.zygote import Zygote

__all__ = ["LADDER", "CellResult", "Isolation", "Limits", "NotIsolated", "Opaque", "SandboxError", "Session", "Zygote"]
