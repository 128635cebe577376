"""The repository root is an nbgrader course: `nbgrader …` and Formgrader, started here, read this file."""

from autograder.grading import configure

c = get_config()  # noqa: F821  (traitlets puts it there)
c.CourseDirectory.course_id = "build-your-own-mlp"
configure(c)
