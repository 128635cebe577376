"""Notebooks that remember what hidden checks send, to show it later; and what it costs an honest one that this is of
no use: nothing, whatever becomes of its process.

The attacks run on every rung, without isolation too: this does not depend on it.
"""

import json
import re
from functools import partial

import nbformat
import numpy as np
import pytest
from hostile import EXERCISE, LIMITS, REPOSITORY, STAGE
from nbformat.v4 import new_code_cell, new_notebook
from rungs import offered
from tiny_course import marked

from autograder.grading import execute
from autograder.grading.execute import Settings, run_notebook
from autograder.grading.outcomes import judge
from autograder.notebooks import find_cell
from autograder.sandbox import Limits, SandboxError
from autograder.sandbox import session as session_module
from autograder.sandbox.student import RemoteStudent
from autograder.sandbox.zygote import Job
from mlplab.checking import PASSED

SOLVED = nbformat.read(REPOSITORY / "source" / STAGE.name / f"{STAGE.name}.ipynb", as_version=4)
NAMES = [exercise.name for exercise in STAGE.exercises]
POINTS = {exercise.name: exercise.points for exercise in STAGE.exercises}


def solution(name):
    return find_cell(SOLVED, name).source


def check(name):
    return marked(new_code_cell(f'lab.check("{name}")'), f"test-{name}", grade=True, points=POINTS[name])


@pytest.fixture(params=offered())
def grade(request, tmp_path):
    """Grades a notebook of these cells; gives it and the outcomes."""
    return partial(graded, tmp_path, request.param)


@pytest.fixture
def grade_quickly(tmp_path):
    """The same on the strongest rung only: what ends a process is nothing to the rungs."""
    return partial(graded, tmp_path, offered()[0])


def graded(tmp_path, rung, *cells, limits=LIMITS, cell_timeout=30.0, call_timeout=10.0):
    folder = tmp_path / STAGE.name
    folder.mkdir(exist_ok=True)
    notebook = new_notebook(cells=[new_code_cell("import numpy as np"), *(
        new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells)])
    nbformat.write(notebook, folder / f"{STAGE.name}.ipynb")
    settings = Settings(rung, limits, cell_timeout, call_timeout, 4_000_000)
    return notebook, run_notebook(notebook, STAGE.name, folder, settings)


def shown(notebook):
    return json.dumps([cell.outputs for cell in notebook.cells])


class Sent:
    """The numbers that tell calls apart, those with many digits, by which half of the judging sent them."""

    def __init__(self):
        self.half, self.visible, self.hidden, self.visible_calls = "visible", set(), set(), 0

    def note(self, args):
        numbers = np.concatenate([np.ravel(np.asarray(arg, dtype=float)) for arg in args]).tolist()
        getattr(self, self.half).update(repr(number) for number in numbers if round(number, 4) != number)
        self.visible_calls += self.half == "visible"


@pytest.fixture
def sent(monkeypatch):
    """What the grader's checks, and its search for a misconception, really send."""
    sent, call, hidden = Sent(), RemoteStudent._call, execute.judge_hidden

    def noted(self, name, args):
        sent.note(args)
        return call(self, name, args)

    def second_half(*args):
        sent.half = "hidden"
        return hidden(*args)

    monkeypatch.setattr(RemoteStudent, "_call", noted)
    monkeypatch.setattr(execute, "judge_hidden", second_half)
    return sent


@pytest.fixture
def all_at_once(monkeypatch):
    """For controls, a grader that runs all checks at the grade cell's place."""
    monkeypatch.setattr(execute, "judge_visible", judge)
    monkeypatch.setattr(execute, "judge_hidden", lambda stage, exercise, student, seed, visible: visible)


def found(numbers, text):
    return {number for number in numbers if number in text}


# Shown by a later cell

RIGHT, WRONG = "np.where(x > 0, 1, np.exp(-np.abs(x))) / (1 + np.exp(-np.abs(x)))", "1 / (1 + np.exp(x))"
SIGMOID = """
def sigmoid(x):
    x = np.asarray(x)
    {remember}
    return {value}
"""
REMEMBERING = {
    "a_list": ("log = []", "log.append(x.tolist())", "print(log)"),
    "a_file": ("", "with open('log', 'a') as file: print(x.tolist(), file=file)", "print(open('log').read())"),
    "an_attribute_of_a_module": ("np.log_of_x = []", "np.log_of_x.append(x.tolist())", "print(np.log_of_x)"),
    "builtins": ("import builtins; builtins.log_of_x = []", "log_of_x.append(x.tolist())", "print(log_of_x)"),
    "an_attribute_of_its_own": ("", "sigmoid.__dict__.setdefault('log', []).append(x.tolist())", "print(sigmoid.log)"),
    "the_environment": ("import os", "os.environ['LOG'] = os.environ.get('LOG', '') + str(x.tolist())",
                        "print(os.environ['LOG'])"),
    "a_pipe": ("import os\nr, w = os.pipe()\nos.set_blocking(w, False)", "os.write(w, str(x.tolist()).encode())",
               "print(os.read(r, 99_999).decode())"),
    "a_thread": ("import queue, threading\nlog, asked, told = queue.Queue(), queue.Queue(), queue.Queue()\n"
                 "def listen():\n    asked.get()\n    told.put([log.get() for _ in range(log.qsize())])\n"
                 "threading.Thread(target=listen, daemon=True).start()", "log.put(x.tolist())",
                 "asked.put(1); print(told.get())"),
    "the_frames_above": ("import sys\nlog = []", "log.append(sys._getframe(1).f_locals)",
                         "print([np.asarray(names['args'][0]).tolist() for names in log])"),
    "the_shell": ("get_ipython().seen = []", "get_ipython().seen.append(x.tolist())", "print(get_ipython().seen)"),
}


def remembering(way, value=RIGHT):
    prepare, remember, tell = REMEMBERING[way]
    return prepare + SIGMOID.format(remember=remember, value=value), tell


@pytest.mark.parametrize("way", REMEMBERING)
def test_showing_later_what_was_kept_in(grade, sent, way):
    cell, tell = remembering(way)
    notebook, [outcome] = grade(cell, check("sigmoid"), "1", tell)
    assert outcome.score == EXERCISE.points and len(sent.hidden) > 50
    assert found(sent.hidden, shown(notebook)) == set()
    # The control: what the visible checks sent was kept and is there. Students have those checks.
    assert found(sent.visible, shown(notebook)) == sent.visible != set()


@pytest.mark.parametrize("way", REMEMBERING)
def test_a_grader_that_goes_on_after_hidden_checks_would_show_what_was_kept_in(grade_quickly, sent, all_at_once, way):
    """The control, on the same cells."""
    cell, tell = remembering(way)
    notebook, _ = grade_quickly(cell, check("sigmoid"), tell)
    assert sent.hidden == set() and len(found(sent.visible, shown(notebook))) > 80


def test_counting_the_calls(grade, sent):
    cell, _ = remembering("a_list")
    notebook, _ = grade(cell, check("sigmoid"), "print(len(log), 'calls')")
    assert f"{sent.visible_calls} calls" in shown(notebook)


def test_showing_later_by_what_a_misconception_was_recognised(grade, sent):
    cell, tell = remembering("a_list", WRONG)
    notebook, [outcome] = grade(cell, check("sigmoid"), tell)
    assert outcome.misconception == "minus forgotten in the exponent" and "A thought" in shown(notebook)
    assert found(sent.hidden, shown(notebook)) == set() != found(sent.visible, shown(notebook))


def test_showing_it_in_the_panel_of_a_later_exercise(grade, sent):
    """A panel quotes what a function raised."""
    cell, _ = remembering("a_list")
    notebook, _ = grade(cell, check("sigmoid"), "def sigmoid_prime(a): raise ValueError(str(log)[-1500:])",
                        check("sigmoid_prime"))
    assert found(sent.hidden, shown(notebook)) == set() != found(sent.visible, shown(notebook))


# Shown while the hidden checks run, or after them

SAYING = {
    "a_thread": "import threading, time\ndef speak():\n    while True:\n        print(log); time.sleep(0.01)\n"
                "threading.Thread(target=speak, daemon=True).start()\ntime.sleep(0.2)",
    "a_thread_below_python": "import os, threading, time\ndef speak():\n    while True:\n"
                             "        os.write(1, str(log).encode()); time.sleep(0.05)\n"
                             "threading.Thread(target=speak, daemon=True).start()\ntime.sleep(0.2)",
    "an_object_that_goes": "class Last:\n    def __del__(self): print(log)\nlast = Last(); del last\nlast = Last()",
    "an_exit_handler": "import atexit\natexit.register(lambda: print(log)); atexit._run_exitfuncs()\n"
                       "atexit.register(lambda: print(log))",
    "a_trace": "import sys\ndef trace(frame, event, argument):\n    if frame.f_code.co_name == 'sigmoid': print(log)\n"
               "sys.settrace(trace); sys.setprofile(trace)\nsigmoid(0.1)",
    "another_stdout": "import sys\nclass Loud:\n    def __getattr__(self, name): return getattr(stdout, name)\n"
                      "    def write(self, text): return stdout.write(text + str(log))\n"
                      "stdout, sys.stdout = sys.stdout, Loud()\nprint('x')",
    "the_outputs_of_the_cell": "outputs = get_ipython().outputs\ndef sigmoid(x, sigmoid=sigmoid):\n"
                               "    value = sigmoid(x)\n    outputs.write('stdout', str(log))\n"
                               "    outputs.flush('stdout')\n    return value\nsigmoid(0.1)",
    "muting_undone": "import contextlib\nget_ipython().muted = contextlib.nullcontext\nprint(log)",
    "a_display": "from IPython.display import display\ndef sigmoid(x, sigmoid=sigmoid):\n    value = sigmoid(x)\n"
                 "    display(str(log)); return value\nsigmoid(0.1)",
}


@pytest.mark.parametrize("way", SAYING)
def test_saying_during_the_hidden_checks_or_after_them_through(grade, sent, way):
    cell, _ = remembering("a_list")
    notebook, [outcome, _] = grade(cell, check("sigmoid"), SAYING[way], "None", solution("relu"), check("relu"), "None")
    assert found(sent.hidden, shown(notebook)) == set()
    assert outcome.score == EXERCISE.points
    assert found(sent.visible, shown(notebook)) != set()  # the control: in a cell this is a way to say it


def test_forging_the_result_of_a_cell_in_a_hidden_check(grade, sent):
    find = ("import gc\nchannel = next(thing for thing in gc.unfreeze() or gc.get_objects() if "
            "type(thing).__name__ == 'Channel' and thing._connection.fileno() > 0)\n")
    forge = ("log.append(x.tolist())\n    if x.shape == (7,): channel.send({'kind': 'cell', 'id': len(log), "
             "'succeeded': True, 'count': 1, 'exit': False}, str(log).encode())")
    notebook, [outcome] = grade(f"{find}log = []" + SIGMOID.format(remember=forge, value=RIGHT), check("sigmoid"), "1")
    assert outcome.score < EXERCISE.points and found(sent.hidden, shown(notebook)) == set()


# The functions as they were at their grade cell's place


def test_what_is_defined_anew_later_does_not_count(grade_quickly):
    notebook, [right, wrong, by_a_helper] = grade_quickly(
        solution("sigmoid"), check("sigmoid"), "def sigmoid(x): return 0 * x",
        "def relu(x): return 0 * x", check("relu"), solution("relu"),
        "def helper(a): return 1 - a**2\ndef tanh_prime(a): return helper(np.asarray(a))", check("tanh_prime"),
        "def helper(a): return a", "del tanh_prime, np", "%reset -f", "sigmoid")
    assert (right.score, wrong.score, by_a_helper.score) == (POINTS["sigmoid"], 0, POINTS["tanh_prime"])
    assert {verdict.status for verdict in right.verdicts} == {PASSED}
    assert [output.ename for output in notebook.cells[-1].outputs] == ["NameError"]


def test_one_exercise_may_be_checked_twice(grade_quickly):
    _, [before, after] = grade_quickly(solution("sigmoid"), check("sigmoid"), "def sigmoid(x): return 0 * x",
                                       check("sigmoid"))
    assert (before.score, after.score) == (EXERCISE.points, 0)


# A process that dies

ALL = [cell for name in NAMES for cell in (solution(name), check(name))]
DEATHS = {
    "os_exit": "import os; os._exit(0)",
    "exit": "exit()",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "endless": "import time\nwhile True:\n    try: time.sleep(20)\n    except BaseException: pass",
    "computing": "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass",
}


@pytest.fixture
def sessions(monkeypatch):
    """The environments of the processes that were started."""
    environments = []

    def noted(*args, environment, **options):
        environments.append(dict(environment))
        return session_module.Session(*args, environment=environment, **options)

    monkeypatch.setattr(execute, "Session", noted)
    monkeypatch.setattr(session_module, "GRACE", 0.5)
    return environments


def counted(notebook):
    return [cell.execution_count for cell in notebook.cells]


def test_one_process_is_enough_for_a_notebook_that_lives(grade_quickly, sessions):
    notebook, outcomes = grade_quickly(*ALL)
    assert [outcome.score for outcome in outcomes] == list(POINTS.values())
    assert sessions == [{}] and counted(notebook) == list(range(1, 12))


@pytest.mark.parametrize("way", DEATHS)
def test_dying_later_takes_nothing_from_what_was_graded_before(grade_quickly, sent, sessions, way):
    _, undisturbed = grade_quickly(*ALL)
    sent.__init__()
    cell, tell = remembering("a_list")
    notebook, outcomes = grade_quickly(cell, *ALL[1:6], tell, DEATHS[way], "1", *ALL[6:],
                                       cell_timeout=1.5 if way == "endless" else 30)
    assert [outcome.score for outcome in outcomes] == [outcome.score for outcome in undisturbed[:3]] + [0, 0]
    assert {verdict.status for outcome in outcomes[:3] for verdict in outcome.verdicts} == {PASSED}
    assert sessions == [{}, {}, {"MLPLAB_PLOTS": "skip"}]
    assert found(sent.hidden, shown(notebook)) == set() != found(sent.visible, shown(notebook))
    assert counted(notebook)[:8] == list(range(1, 9)) and counted(notebook)[9:] == 5 * [None]


def test_dying_of_the_limit_on_all_the_time_takes_nothing_either(grade_quickly, sessions):
    _, outcomes = grade_quickly(*ALL[:4], "import time", *4 * ["time.sleep(1)"], limits=Limits(total=2.5))
    assert [outcome.score for outcome in outcomes] == [POINTS["sigmoid"], POINTS["sigmoid_prime"]]


def test_nor_does_that_limit_if_it_is_reached_in_a_hidden_check(grade_quickly, sessions):
    """Whose time would have been enough, had it run at its place."""
    slow = SIGMOID.format(remember="if x.shape == (7,): time.sleep(1)", value=RIGHT)
    _, outcomes = grade_quickly("import time" + slow, *ALL[1:4], *3 * ["time.sleep(1)"], limits=Limits(total=4.2))
    assert [outcome.score for outcome in outcomes] == [POINTS["sigmoid"], POINTS["sigmoid_prime"]]
    assert len(sessions) == 2


def test_a_function_that_kills_in_a_hidden_check_costs_its_own_points_only(grade_quickly, sessions):
    kill = solution("sigmoid").replace("def sigmoid(x):", "import os\ndef sigmoid(x):\n    "
                                       "if np.shape(x) == (7,): os._exit(0)", 1)
    notebook, outcomes = grade_quickly(kill, *ALL[1:])
    assert 0 < outcomes[0].score < EXERCISE.points
    assert "stopped" in {verdict.diagnosis.code for verdict in outcomes[0].verdicts if verdict.diagnosis}
    assert [outcome.score for outcome in outcomes[1:]] == list(POINTS.values())[1:]
    assert len(sessions) == 2 and counted(notebook) == list(range(1, 12))


def test_a_process_that_dies_while_it_is_led_back_costs_nothing(grade_quickly, sessions):
    """Names that go take objects with them, whose last words may kill or never end."""
    for last_words in ("import os; os._exit(0)", "while True: pass"):
        sessions.clear()
        last = f"class Last:\n    def __del__(self):\n        {last_words}\nlast = Last()"
        _, outcomes = grade_quickly(*ALL[:4], last, call_timeout=1.0)
        assert [outcome.score for outcome in outcomes] == [POINTS["sigmoid"], POINTS["sigmoid_prime"]]
        assert len(sessions) == 2


def test_no_process_is_started_for_what_is_not_written(grade_quickly, sessions):
    stub = "def sigmoid(x): raise NotImplementedError"
    _, [outcome] = grade_quickly(stub, check("sigmoid"), "exit()")
    assert outcome.status == "not attempted" and len(sessions) == 1


@pytest.mark.parametrize("where", ["True", "np.shape(x) == (7,)"], ids=["always", "in hidden checks"])
def test_a_function_that_never_ends_is_waited_for_once(grade_quickly, monkeypatch, where):
    """Neither in the visible checks and then again in the hidden ones, nor in each of these."""
    interrupted, interrupt = [], Job.interrupt
    monkeypatch.setattr(Job, "interrupt", lambda job: (interrupted.append(job), interrupt(job)))
    endless = f"def sigmoid(x):\n    while {where}: pass\n    return {RIGHT}"
    _, [outcome] = grade_quickly(endless, check("sigmoid"), "1", call_timeout=1.5)
    assert outcome.score < EXERCISE.points and len(interrupted) == 1


def test_a_fault_of_the_machine_is_nobody_s(tmp_path):
    kill = "import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(5)"
    with pytest.raises(SandboxError, match=re.escape("has died")):
        graded(tmp_path, "none", *ALL[:2], kill)
