"""Carrying functions out of a real notebook: everything they need comes along, and nothing else is run."""

import os
import traceback
from datetime import datetime

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlplab.carry import carry
from mlplab.exercises import STAGES
from mlplab.student import FunctionRaised, LocalStudent, NotAttempted

FIRST, FORWARD, LOSS, BACKPROP = (STAGES[name] for name in ("01-activation", "02-forward", "03-loss", "04-backprop"))
STUB = "def {name}(x):\n    \"\"\"What it does.\"\"\"\n    # what to write\n    raise NotImplementedError"
NUMPY = new_code_cell("import numpy as np\nimport mlplab\nfrom mlplab import plots\n"
                      "lab = mlplab.stage('01-activation')")
SIGMOID = "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))"


def solution(name, source):
    return new_code_cell(source, metadata={"nbgrader": {
        "grade": False, "grade_id": name, "locked": False, "schema_version": 3, "solution": True, "task": False}})


def grade(source):
    return new_code_cell(source, metadata={"nbgrader": {
        "grade": True, "grade_id": "test", "locked": True, "points": 3, "schema_version": 3, "solution": False,
        "task": False}})


@pytest.fixture
def course(tmp_path):
    """Writes notebooks into a course folder and carries from it."""

    class Course:
        folder = tmp_path

        def write(self, stage, *cells, suffix=""):
            path = tmp_path / stage.name / f"{stage.name}{suffix}.ipynb"
            path.parent.mkdir(exist_ok=True)
            nbformat.write(new_notebook(cells=list(cells)), path)
            return path

        def sigmoid(self, *cells):
            """The function of this name that a notebook of these cells (and the usual first one) gives."""
            self.write(FIRST, NUMPY, *cells)
            carried = carry(FIRST, tmp_path)
            assert carried.problems == []
            assert carried.origins["sigmoid"] == "your notebook"
            return carried.functions["sigmoid"]

    return Course()


# What comes along


@pytest.mark.parametrize("cells", [
    [SIGMOID],
    ["sigmoid = lambda x: 1 / (1 + np.exp(-x))"],
    ["sigmoid, other = (lambda x: 1 / (1 + np.exp(-x))), 3"],
    ["(sigmoid := lambda x: 1 / (1 + np.exp(-x)))"],
    ["def sigmoid(x: np.ndarray) -> np.ndarray:\n    return 1 / (1 + np.exp(-x))"],
    ["def sigmoid(x, one=np.ones(1)[0]):\n    return one / (one + np.exp(-x))"],
    ["def sigmoid(x, *, base=np.e):\n    return 1 / (1 + base ** -x)"],
    ["class Sigmoid:\n    one = 1\n    def __call__(self, x):\n        return self.one / (self.one + np.exp(-x))\n\n"
     "sigmoid = Sigmoid()"],
    ["def sigmoid(x):\n    def inner(y):\n        return np.exp(-y)\n    return 1 / (1 + inner(x))"],
    ["def sigmoid(x):\n    return np.array([1 / (1 + np.exp(-y)) for y in x])"],
    ["def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n\nsigmoid = np.vectorize(sigmoid)"],
    ["def slow(x):\n    return 1 / (1 + np.exp(-x))\n\nsigmoid = slow"],
    ["%time\ndef sigmoid(x):\n    return 1 / (1 + np.exp(-x))"],
    ["%%time\ndef sigmoid(x):\n    return 1 / (1 + np.exp(-x))"],
    ["def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n    raise NotImplementedError"],
    ["if True:\n    def sigmoid(x):\n        return 1 / (1 + np.exp(-x))"],
    ["await_me = 1\ndef sigmoid(x):\n    return 1 / (1 + np.exp(-x))\nimport asyncio\nawait asyncio.sleep(0)"],
], ids=lambda cells: cells[0][:40])
def test_a_function_may_be_written_in_many_ways(course, cells):
    sigmoid = course.sigmoid(*(solution("sigmoid", source) for source in cells))
    np.testing.assert_allclose(sigmoid(np.log([1.0, 3.0])), [0.5, 0.75])


@pytest.mark.parametrize("helper", [
    "from math import exp as e_to_the",
    "import math\nE = math.e\ndef e_to_the(x):\n    return E ** x",
    "e_to_the = lambda x: np.exp(x)",
    "def double(x):\n    return 2 * x\n\ndef e_to_the(x):\n    return np.exp(double(x) / 2)",
    "def power(base, n):\n    return 1 if n == 0 else base * power(base, n - 1)\n\n"
    "def e_to_the(x):\n    return np.exp(x) * power(1, 3)",
    "import functools\n\n@functools.lru_cache(maxsize=None)\ndef e_to_the(x):\n    return np.exp(x)",
    "calls = 0\ndef e_to_the(x):\n    global calls\n    calls += 1\n    return np.exp(x) + 0 * calls",
    "class Table:\n    def __init__(self, base: float):\n        self.base = base\n    def at(self, x):\n"
    "        return self.base ** x\n\ne_to_the = Table(np.e).at",
    "half, e_to_the = 0.5, np.exp",
    "[half, *e_to_the] = 0.5, np.exp\ne_to_the = e_to_the[0]",
    "if np.e > 2:\n    def e_to_the(x):\n        return np.exp(x)\nelse:\n    e_to_the = None",
    "try:\n    from no_such_package import e_to_the\nexcept ImportError:\n    e_to_the = np.exp",
    "with np.errstate(over='ignore'):\n    def e_to_the(x):\n        return np.exp(x)",
    "for function in (np.sin, np.exp):\n    e_to_the = function",
    "match 3:\n    case 3:\n        e_to_the = np.exp",
    "from math import *\ndef e_to_the(x):\n    return exp(x)",
    "e_to_the = np.sin\ne_to_the = np.exp",
    "%matplotlib inline\n!echo hello\nnp.exp?\ne_to_the = np.exp",
    "pi: float = 3.14\ne_to_the: object = np.exp",
    "e_to_the = np.sin; e_to_the = np.exp",
    "def e_to_the(x):\n    plots, lab, mlplab\n    return np.exp(x)",
    "with lab.attempt():\n    e_to_the = np.exp",
], ids=lambda helper: helper[:40])
def test_what_a_function_needs_comes_along(course, helper):
    sigmoid = course.sigmoid(new_code_cell(helper),
                             solution("sigmoid", "def sigmoid(x):\n    return 1 / (1 + e_to_the(-x))"))
    assert sigmoid(float(np.log(3.0))) == pytest.approx(0.75)


def test_a_helper_may_stand_in_the_solution_cell_or_below_it(course):
    sigmoid = course.sigmoid(
        solution("sigmoid", "def sigmoid(x):\n    return ONE / (ONE + exponential(-x))\n\nONE = 1"),
        new_code_cell("def exponential(x):\n    return np.exp(x)"))
    assert sigmoid(0.0) == 0.5


def test_functions_of_one_notebook_call_each_other(course):
    course.write(FIRST, NUMPY, solution("sigmoid", SIGMOID),
                 solution("sigmoid_prime", "def sigmoid_prime(a):\n    return sigmoid(0) * 4 * a * (1 - a) / 2"),
                 solution("relu", "def relu(x):\n    return x * relu_prime(x)"),
                 solution("relu_prime", STUB.format(name="relu_prime")))
    student = LocalStudent(carry(FIRST, course.folder).functions)
    assert student.sigmoid_prime(0.5) == 0.25
    with pytest.raises(NotAttempted) as caught:
        student.relu(1.0)
    assert caught.value.needed == "relu_prime"


def test_a_warning_of_the_compiler_is_not_repeated(course, recwarn):
    course.sigmoid(solution("sigmoid", SIGMOID.replace(":\n", ':\n    "\\sigma"\n    3 is 3\n')))
    assert [str(warning.message) for warning in recwarn] == []


# Which of several definitions


def test_the_last_definition_in_the_solution_cell_wins(course):
    sigmoid = course.sigmoid(solution("sigmoid", "sigmoid = np.sin\n" + SIGMOID),
                             new_code_cell("def sigmoid(x):\n    return 'an experiment'"))
    assert sigmoid(0.0) == 0.5


def test_a_later_experiment_does_not_win_though_others_of_the_functions_call_it(course):
    course.write(FIRST, NUMPY, solution("sigmoid", SIGMOID), new_code_cell("sigmoid = np.tanh"),
                 solution("sigmoid_prime", "def sigmoid_prime(a):\n    return sigmoid(0.0)"))
    assert carry(FIRST, course.folder).functions["sigmoid_prime"](1.0) == 0.5


def test_a_function_outside_of_a_stub_s_cell_counts(course):
    sigmoid = course.sigmoid(solution("sigmoid", STUB.format(name="sigmoid")), new_code_cell(SIGMOID))
    assert sigmoid(0.0) == 0.5


def test_a_solution_cell_that_lost_its_mark_counts(course):
    assert course.sigmoid(new_code_cell(SIGMOID))(0.0) == 0.5


def test_a_grade_cell_does_not_count(course):
    sigmoid = course.sigmoid(solution("sigmoid", SIGMOID), grade("def sigmoid(x):\n    return 'a test'"))
    assert sigmoid(0.0) == 0.5
    course.write(FIRST, NUMPY, grade(SIGMOID), new_markdown_cell(SIGMOID))
    assert carry(FIRST, course.folder).origins["sigmoid"] is None


# What is not run


def test_nothing_else_of_the_notebook_is_run(course, tmp_path):
    course.sigmoid(
        new_code_cell("open('written', 'w').write('by an expression')\nprint('hello')\n1 / 0"),
        new_code_cell("w = np.zeros(2)\nfor epoch in range(3):\n    w = w + 1\n    open('written', 'w')"),
        new_code_cell("with open('written', 'w') as file:\n    sizes = file.write('by a block')"),
        new_code_cell("while True:\n    epoch = 1"),
        new_code_cell("history = open('written', 'w')"),
        new_code_cell("!touch written"),
        new_code_cell("RATE = 1"),
        solution("sigmoid", "def sigmoid(x):\n    w = RATE\n    return w / (w + np.exp(-x))"),
        new_code_cell("for RATE in (1, 2):\n    open('written', 'w')"),
        new_code_cell("result = sigmoid(open('written', 'w'))"))
    assert not (tmp_path / "written").exists()
    assert not os.path.exists("written")


def test_attributes_do_not_bring_things_along(course):
    sigmoid = course.sigmoid(new_code_cell("exp = open('no such file')\nx = 1 / 0"),
                             solution("sigmoid", SIGMOID))
    assert sigmoid(0.0) == 0.5


def test_nothing_of_the_notebook_s_names_is_carried_but_the_functions(course):
    course.sigmoid(solution("sigmoid", "ONE = 1\n" + SIGMOID.replace("1 /", "ONE /")))
    assert list(carry(FIRST, course.folder).functions) == [exercise.name for exercise in FIRST.exercises]


# What goes wrong


def test_a_cell_that_does_not_compile_costs_only_itself(course):
    course.write(FIRST, NUMPY, new_code_cell("def broken(:"), new_code_cell("x = 1\nreturn x"),
                 solution("relu", "def relu(x):\n    return np.maximum(0, x"), solution("sigmoid", SIGMOID),
                 new_code_cell("'''never closed"), new_code_cell("x = \0"), new_code_cell("  indented\nnot"))
    carried = carry(FIRST, course.folder)
    assert carried.functions["sigmoid"](0.0) == 0.5
    assert carried.origins["relu"] is None
    assert [problem.split(" of ")[0] for problem in carried.problems] == [
        f"Cell {number}" for number in (2, 3, 4, 6, 7, 8)]
    assert all("does not compile" in problem for problem in carried.problems)


def test_a_line_that_raises_is_told_and_costs_only_what_needs_it(course):
    course.write(FIRST, NUMPY, new_code_cell("import no_such_package as nsp\nx = 1 / 0"),
                 new_code_cell("E = 1 / 0"),
                 solution("relu", "def relu(x):\n    return E * nsp.maximum(0, x)"), solution("sigmoid", SIGMOID),
                 solution("tanh_prime", "@undefined\ndef tanh_prime(a):\n    return 1"))
    carried = carry(FIRST, course.folder)
    assert carried.functions["sigmoid"](0.0) == 0.5
    assert carried.origins == {"sigmoid": "your notebook", "sigmoid_prime": None, "tanh_prime": None,
                               "relu": "your notebook", "relu_prime": None}
    assert [problem.split(":")[0] for problem in carried.problems] == [
        "`nsp` in `01-activation.ipynb` raised ModuleNotFoundError", "`E` in `01-activation.ipynb` raised "
        "ZeroDivisionError", "`tanh_prime` in `01-activation.ipynb` raised NameError"]


def test_a_name_that_is_no_function_is_not_carried(course):
    course.write(FIRST, NUMPY, solution("sigmoid", "sigmoid = 3"))
    assert carry(FIRST, course.folder).origins["sigmoid"] is None


def test_a_missing_notebook_is_told(course):
    carried = carry(FIRST, course.folder)
    assert (carried.path, carried.saved) == (None, None)
    assert carried.origins == dict.fromkeys(carried.functions)
    assert carried.problems == [
        "There is no notebook `01-activation/01-activation.ipynb` beside this one's folder."]
    with pytest.raises(NotAttempted) as caught:
        LocalStudent({"forward_pass": lambda x: carried.functions["sigmoid"](x)}).forward_pass(1)
    assert str(caught.value) == "`forward_pass` calls `sigmoid`, which is not written yet."


@pytest.mark.parametrize("content", [
    b"", b"{", b"null", b"[]", b"{}", b'"text"', b'{"cells": 3}', b'{"cells": [{}]}', b'{"worksheets": []}',
    b'{"cells": [{"cell_type": "code", "metadata": null, "source": ""}]}',
    b'{"cells": [{"cell_type": "code", "metadata": {"nbgrader": 1}, "source": ""}]}',
    b'{"cells": [{"cell_type": "code", "metadata": {}, "source": 3}]}', b"\xff\xfe\xff", "{\"é\"".encode("latin-1"),
    b"PK\x03\x04", 100_000 * b"["], ids=lambda content: repr(content)[:30])
def test_a_file_that_is_no_notebook_is_told(course, content):
    path = course.write(FIRST)
    path.write_bytes(content)
    carried = carry(FIRST, course.folder)
    assert carried.origins == dict.fromkeys(carried.functions)
    [problem] = carried.problems
    assert problem.startswith("`01-activation.ipynb` could not be read as a notebook")


def test_a_folder_in_the_place_of_the_notebook_is_told(course):
    (course.folder / FIRST.name / f"{FIRST.name}.ipynb").mkdir(parents=True)
    [problem] = carry(FIRST, course.folder).problems
    assert "could not be read" in problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_any_encoding_of_unicode_will_do(course, encoding):
    path = course.write(FIRST, NUMPY, solution("sigmoid", "σ = 'é…'\n" + SIGMOID + " if σ == 'é…' else None"))
    path.write_text(path.read_text(encoding="utf-8"), encoding=encoding)
    assert carry(FIRST, course.folder).functions["sigmoid"](0.0) == 0.5


def test_sources_may_be_lists_of_lines(course):
    path = course.write(FIRST, NUMPY, solution("sigmoid", SIGMOID))
    assert '"source": [' in path.read_text()
    path.write_text(nbformat.writes(nbformat.read(path, as_version=4), split_lines=False))
    assert carry(FIRST, course.folder).functions["sigmoid"](0.0) == 0.5


def test_symlinks_are_followed(course, tmp_path_factory):
    path = course.write(FIRST, NUMPY, solution("sigmoid", SIGMOID))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    path.rename(elsewhere / "mine.ipynb")
    path.symlink_to(elsewhere / "mine.ipynb")
    assert carry(FIRST, course.folder).functions["sigmoid"](0.0) == 0.5
    path.unlink()
    path.symlink_to(elsewhere / "gone.ipynb")
    assert "There is no notebook" in carry(FIRST, course.folder).problems[0]
    path.unlink()
    path.symlink_to(path)
    assert "There is no notebook" in carry(FIRST, course.folder).problems[0]


# Where it comes from


def test_it_is_told_which_file_was_taken_as_saved_when(course):
    path = course.write(FIRST, NUMPY, solution("sigmoid", SIGMOID))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    carried = carry(FIRST, course.folder)
    assert carried.path == path
    assert carried.saved == datetime.fromtimestamp(1_700_000_000)


def test_a_mended_notebook_is_read_anew(course):
    course.sigmoid(solution("sigmoid", "def sigmoid(x):\n    return 0"))
    assert course.sigmoid(solution("sigmoid", SIGMOID))(0.0) == 0.5


def test_a_traceback_shows_the_line_of_the_notebook(course):
    sigmoid = course.sigmoid(new_code_cell("%matplotlib inline\n\ndef helper(x):\n    x = x + 0\n    return x @ x"),
                             solution("sigmoid", "def sigmoid(x):\n    return helper(x)"))
    with pytest.raises(ValueError) as caught:
        sigmoid(np.zeros((2, 3)))
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (frame.filename, frame.lineno, frame.line, frame.name) == (
        "01-activation.ipynb, cell 2", 5, "return x @ x", "helper")
    with pytest.raises(FunctionRaised) as caught:
        LocalStudent({"sigmoid": sigmoid}).sigmoid(np.zeros((2, 3)))
    assert caught.value.line == "return x @ x"


# The released solution


@pytest.fixture
def released(course):
    """A student with a wrong relu_prime and no sigmoid, and the solution beside it."""
    course.write(FIRST, NUMPY, solution("sigmoid", STUB.format(name="sigmoid")),
                 solution("relu_prime", "def relu_prime(x):\n    return 'wrong'"),
                 solution("relu", "def relu(x):\n    return x * relu_prime(x)"))
    course.write(FIRST, NUMPY, solution("sigmoid", SIGMOID),
                 solution("relu_prime", "def relu_prime(x):\n    return np.heaviside(x, 0)"), suffix="-solution")
    return course.folder


def test_the_released_solution_fills_the_gaps(released):
    carried = carry(FIRST, released)
    assert carried.origins == {"sigmoid": "the released solution", "sigmoid_prime": None, "tanh_prime": None,
                               "relu": "your notebook", "relu_prime": "your notebook"}
    assert carried.functions["sigmoid"](0.0) == 0.5
    assert carried.functions["relu_prime"](1) == "wrong"
    assert carried.problems == []


def test_the_released_solution_stands_in_where_it_is_asked_for(released):
    carried = carry(FIRST, released, solution_for=frozenset({"relu_prime", "tanh_prime"}))
    assert carried.origins["relu_prime"] == "the released solution"
    assert carried.origins["relu"] == "your notebook"
    assert carried.functions["relu"](2.0) == 2  # their own relu calls it, too
    assert carried.origins["tanh_prime"] is None


def test_without_a_notebook_the_solution_is_all_there_is(released):
    (released / FIRST.name / f"{FIRST.name}.ipynb").unlink()
    carried = carry(FIRST, released)
    assert carried.origins["sigmoid"] == carried.origins["relu_prime"] == "the released solution"
    assert carried.path is None
    assert len(carried.problems) == 1


# From stage to stage


FORWARD_PASS = "def forward_pass(X, w1, w2):\n    act_hidden = sigmoid(X @ w1)\n    return act_hidden, act_hidden @ w2"
OWN_SIGMOID = "def sigmoid(x):\n    return 7 + 0 * x"


def test_a_carried_function_calls_the_carried_ones_of_earlier_stages(course):
    course.write(FIRST, NUMPY, solution("sigmoid", OWN_SIGMOID))
    course.write(FORWARD, new_code_cell("lab.carry('01-activation')"), solution("forward_pass", FORWARD_PASS))
    course.write(LOSS, solution("mse", "def mse(y_hat, y):\n    return forward_pass(y, y, y)[0], 3"))
    one = np.ones((1, 1))
    assert carry(FORWARD, course.folder).functions["forward_pass"](one, one, one)[0] == 7
    assert carry(LOSS, course.folder).functions["mse"](one, one)[0] == 7
    course.write(BACKPROP, solution("backward", "def backward(*args):\n    return mse(args[0], args[0])"))
    assert carry(BACKPROP, course.folder).functions["backward"](one)[0] == 7


def test_a_function_written_anew_in_a_later_notebook_serves_that_one(course):
    course.write(FIRST, NUMPY, solution("sigmoid", OWN_SIGMOID))
    course.write(FORWARD, NUMPY, new_code_cell(SIGMOID), solution("forward_pass", FORWARD_PASS))
    carried = carry(FORWARD, course.folder)
    assert carried.functions["forward_pass"](np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)))[0] == 0.5
    assert "sigmoid" not in carried.functions


def test_what_an_earlier_stage_lacks_is_named(course):
    course.write(FIRST, NUMPY, solution("sigmoid", STUB.format(name="sigmoid")))
    course.write(FORWARD, solution("forward_pass", FORWARD_PASS))
    with pytest.raises(NotAttempted) as caught:
        LocalStudent(carry(FORWARD, course.folder).functions).forward_pass(*3 * [np.ones((1, 1))])
    assert caught.value.needed == "sigmoid"


def test_functions_that_were_carried_before_are_not_looked_up_again(course):
    course.write(FIRST, NUMPY, solution("sigmoid", OWN_SIGMOID))
    course.write(FORWARD, solution("forward_pass", FORWARD_PASS))
    known = carry(FIRST, course.folder).functions | {"sigmoid": lambda x: 9 + 0 * x}
    one = np.ones((1, 1))
    assert carry(FORWARD, course.folder, known=known).functions["forward_pass"](one, one, one)[0] == 9


def test_every_stage_names_all_the_stages_below_it():
    for stage in STAGES.values():
        assert list(stage.builds_on) == [name for name in STAGES if name in stage.builds_on]
        for name in stage.builds_on:
            assert set(STAGES[name].builds_on) <= set(stage.builds_on)
