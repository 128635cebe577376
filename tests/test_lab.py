"""What a notebook talks to: check, carry and attempt, as a cell calls them."""

import json

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import mlplab
import mlplab.lab
from autograder.misconceptions import reference_functions
from mlplab.exercises import STAGES
from mlplab.lab import CheckDidNotPass, Lab

EXERCISES = [pytest.param(stage, exercise, id=f"{stage.name}-{exercise.name}")
             for stage in STAGES.values() for exercise in stage.exercises]
STUB = "def {name}(*args):\n    raise NotImplementedError\n"


@pytest.fixture
def shown(monkeypatch):
    """The panels that are shown, as text."""
    panels = []
    monkeypatch.setattr(mlplab.lab, "display", lambda panel: panels.append(panel.text))
    return panels


@pytest.fixture(autouse=True)
def no_execution(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


class Notebook:
    """A namespace in which cells are run, with its lab."""

    def __init__(self, stage):
        self.names = {"np": np}
        self.run(f"import mlplab\nlab = mlplab.stage({stage!r})")

    def run(self, source):
        exec(compile(source, "<cell>", "exec"), self.names)

    def __getitem__(self, name):
        return self.names[name]


# stage


def test_a_stage_is_bound_to_the_notebook_that_asks():
    notebook = Notebook("03-loss")
    assert isinstance(notebook["lab"], Lab)
    assert notebook["lab"].stage is STAGES["03-loss"]


def test_an_unknown_stage_is_told_with_the_known_ones():
    with pytest.raises(ValueError, match="no stage 'nope'; there are 01-activation, 02-forward, 03-loss"):
        mlplab.stage("nope")


# check


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES)
def test_a_check_of_the_reference_passes_and_returns_nothing(shown, stage, exercise):
    lab = Lab(stage, reference_functions(stage))
    assert lab.check(exercise.name) is None
    assert shown[0].splitlines()[0].startswith(f"{exercise.name}: pass.")


def test_a_check_looks_at_the_name_as_it_is_now(shown):
    notebook = Notebook("01-activation")
    notebook.run("lab.check('relu')")
    notebook.run(STUB.format(name="relu") + "lab.check('relu')")
    notebook.run("relu = 3\nlab.check('relu')")
    notebook.run("relu = lambda x: np.maximum(x, 0)\nlab.check('relu')")
    headlines = [panel.splitlines()[0] for panel in shown]
    assert headlines[1].startswith("relu is not written yet")
    assert "0 of" in headlines[0] and "0 of" in headlines[2]
    assert "There is no function relu" in shown[0]
    assert headlines[3].startswith("relu: pass.")


def test_an_unknown_exercise_is_told_with_the_known_ones(shown):
    with pytest.raises(KeyError, match="no exercise 'mse'; it has sigmoid, sigmoid_prime, tanh_prime, relu"):
        Notebook("01-activation")["lab"].check("mse")
    assert shown == []


@pytest.mark.parametrize(("source", "low", "high"), [
    ("def relu(x): return np.maximum(x, 0)", 1, 1), (STUB.format(name="relu"), 0, 0), ("", 0, 0), ("relu = 3", 0, 0),
    ("def relu(x): return x", 0, 0), ("def relu(x):\n    x *= x > 0\n    return x", 0.1, 0.9)])
def test_while_grading_a_check_returns_the_points_as_a_plain_float(shown, monkeypatch, source, low, high):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    notebook = Notebook("01-activation")
    notebook.run(source)
    score = notebook["lab"].check("relu")
    assert type(score) is float
    assert low <= score <= high
    assert json.loads(repr(score)) == score
    assert len(shown) == 1


def test_while_validating_all_but_a_pass_raises(shown, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    notebook = Notebook("01-activation")
    for source in ("", STUB.format(name="relu"), "def relu(x): return abs(x)",
                   "def relu(x):\n    x *= x > 0\n    return x"):
        notebook.run(source)
        with pytest.raises(CheckDidNotPass) as caught:
            notebook["lab"].check("relu")
        assert str(caught.value) == shown[-1]
    notebook.run("def relu(x): return np.maximum(x, 0)")
    assert notebook["lab"].check("relu") is None


def test_the_same_cell_run_again_says_the_same(shown):
    notebook = Notebook("01-activation")
    notebook.run("def sigmoid(x): return 1 / (1 + np.exp(x))\nlab.check('sigmoid')\nlab.check('sigmoid')")
    assert shown[0] == shown[1]


# attempt


def test_a_block_that_runs_says_nothing(shown):
    notebook = Notebook("02-forward")
    notebook.run("with lab.attempt():\n    x = 1")
    assert notebook["x"] == 1
    assert shown == []


def test_what_is_not_written_yet_is_one_calm_line(shown):
    notebook = Notebook("02-forward")
    notebook.run(STUB.format(name="forward_pass") + "def helper(): return forward_pass()\n"
                 "with lab.attempt():\n    act_hidden, y_hat = helper()")
    assert shown == ["This cell waits for forward_pass, which is not written yet."]


def test_later_blocks_wait_for_the_names_of_earlier_ones(shown):
    notebook = Notebook("02-forward")
    notebook.run(STUB.format(name="forward_pass") + "with lab.attempt():\n    act_hidden, y_hat = forward_pass()")
    notebook.run("with lab.attempt():\n    shape = y_hat.shape")
    notebook.run("with lab.attempt():\n    print(shape)")
    assert shown[1:] == ["This cell waits for y_hat, which a cell further up will make.",
                         "This cell waits for shape, which a cell further up will make."]


@pytest.mark.parametrize("block", ["typo", "x = y_hta", "(lambda: y_hat_)()", "undefined(1)"])
def test_a_name_that_no_block_would_have_made_is_an_error(shown, block):
    notebook = Notebook("02-forward")
    with pytest.raises(NameError):
        notebook.run(f"with lab.attempt():\n    {block}")
    notebook.run(STUB.format(name="forward_pass") + "with lab.attempt():\n    act_hidden, y_hat = forward_pass()")
    with pytest.raises(NameError):
        notebook.run(f"with lab.attempt():\n    {block}")
    assert len(shown) == 1


@pytest.mark.parametrize("block", ["1 / 0", "raise ValueError", "np.zeros(2) @ np.zeros(3)", "y_hat = y_hat.shape",
                                   "(lambda: (unbound, unbound := 1))()", "raise KeyboardInterrupt"])
def test_other_errors_are_errors(shown, block):
    notebook = Notebook("02-forward")
    with pytest.raises(BaseException) as caught:
        notebook.run(f"with lab.attempt():\n    {block}")
    assert not isinstance(caught.value, SystemExit)
    assert shown == []


# carry


def write(folder, stage, source, suffix=""):
    path = folder / stage / f"{stage}{suffix}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell("import numpy as np\n" + source)]), path)


SIGMOID = "def sigmoid(x):\n    x = np.asarray(x, float)\n    e = np.exp(-np.abs(x))\n" \
          "    return np.where(x < 0, e, 1) / (1 + e)\n"
WRONG_SIGMOID = "def sigmoid(x):\n    return 7 + 0 * x\n"
FORWARD_PASS = "def forward_pass(X, w1, w2):\n    a = sigmoid(X @ w1)\n    return a, a @ w2\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course folder; the notebook that is run lies in 04-backprop."""
    (tmp_path / "04-backprop").mkdir()
    monkeypatch.chdir(tmp_path / "04-backprop")
    return tmp_path


def test_carry_binds_plain_names_and_shows_a_table(shown, course):
    write(course, "01-activation", SIGMOID + STUB.format(name="relu") + "def tanh_prime(a): return a")
    notebook = Notebook("04-backprop")
    notebook.run("lab.carry('01-activation')")
    assert notebook["sigmoid"](0.0) == 0.5
    with pytest.raises(NotImplementedError, match="`relu` of stage 01-activation is not written yet"):
        notebook["relu"](1)
    [table] = shown
    assert table.splitlines()[0].startswith("Carried over from 01-activation, as saved on ")
    assert "  sigmoid  your notebook  passes its visible checks" in table
    assert "  tanh_prime  your notebook  does not pass its visible checks yet" in table
    assert "  relu  missing  is not written yet" in table


def test_several_stages_may_be_carried_at_once(shown, course):
    write(course, "01-activation", WRONG_SIGMOID)
    write(course, "02-forward", FORWARD_PASS)
    notebook = Notebook("04-backprop")
    notebook.run("lab.carry('01-activation', '02-forward')")
    assert notebook["forward_pass"](*3 * [np.ones((1, 1))])[0] == 7
    assert [panel.split(",")[0] for panel in shown] == ["Carried over from 01-activation",
                                                        "Carried over from 02-forward"]


@pytest.mark.parametrize(("stage", "name", "known"), [
    ("04-backprop", "05-training", "01-activation, 02-forward, 03-loss"),
    ("04-backprop", "04-backprop", "01-activation"), ("04-backprop", "nope", "03-loss"),
    ("01-activation", "02-forward", "no other")])
def test_a_stage_that_it_does_not_build_on_is_refused(shown, course, stage, name, known):
    notebook = Notebook(stage)
    with pytest.raises(ValueError, match=f"does not build on '{name}'.*{known}"):
        notebook.run(f"lab.carry({name!r})")
    assert shown == []


def test_without_a_notebook_the_table_tells_how_to_go_on(shown, course):
    notebook = Notebook("04-backprop")
    notebook.run("lab.carry('01-activation')")
    assert "There is no notebook 01-activation/01-activation.ipynb beside this one's folder." in shown[0]
    assert "missing  is not written yet" in shown[0]
    assert "use_solution=True" in shown[0]
    notebook.run("with lab.attempt():\n    a = sigmoid(1)")
    assert shown[1] == "This cell waits for sigmoid, which is not written yet."


def test_the_solution_stands_in_for_what_does_not_pass_and_for_nothing_else(shown, course):
    write(course, "01-activation", WRONG_SIGMOID + "def relu(x):\n    return np.maximum(x, 0)")
    write(course, "01-activation", SIGMOID + "def relu(x):\n    return np.maximum(x, 0)", suffix="-solution")
    notebook = Notebook("04-backprop")
    notebook.run("lab.carry('01-activation')")
    assert notebook["sigmoid"](0.0) == 7
    notebook.run("lab.carry('01-activation', use_solution=True)")
    assert notebook["sigmoid"](0.0) == 0.5
    assert "  sigmoid  the released solution  passes its visible checks" in shown[1]
    assert "  relu  your notebook  passes its visible checks" in shown[1]


def test_the_solution_serves_the_functions_of_later_stages_too(shown, course):
    write(course, "01-activation", WRONG_SIGMOID)
    write(course, "01-activation", SIGMOID, suffix="-solution")
    write(course, "02-forward", FORWARD_PASS)
    notebook = Notebook("04-backprop")
    notebook.run("lab.carry('01-activation', use_solution=True)\nlab.carry('02-forward')")
    assert notebook["forward_pass"](*3 * [np.zeros((1, 1))])[0] == 0.5


def test_a_mended_function_is_taken_when_the_cell_is_run_again(shown, course):
    write(course, "01-activation", WRONG_SIGMOID)
    write(course, "02-forward", FORWARD_PASS)
    notebook = Notebook("04-backprop")
    notebook.run("lab.carry('01-activation', '02-forward')")
    write(course, "01-activation", SIGMOID)
    notebook.run("lab.carry('01-activation', '02-forward')")
    assert notebook["sigmoid"](0.0) == 0.5
    assert notebook["forward_pass"](*3 * [np.zeros((1, 1))])[0] == 0.5


def test_checks_after_carrying_find_the_carried_functions(shown, course):
    write(course, "01-activation", SIGMOID)
    notebook = Notebook("02-forward")
    notebook.run("lab.carry('01-activation')\n" + FORWARD_PASS + "lab.check('forward_pass')")
    assert shown[1].startswith("forward_pass: pass.")
