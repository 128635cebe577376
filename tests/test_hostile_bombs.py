"""Notebooks that want more than their share: each limit holds, and its name reaches the student.

Every bomb goes off on every rung that this machine offers. Without isolation it would harm the machine, so the control
is the smallest variant that shows that nothing but the limit stood in the way.
"""

from dataclasses import replace

import pytest
from hostile import LIMITS

from autograder.sandbox import Session, session

PROCESSES = "processes and threads: look for a loop that starts them"
PROGRAMS = "or other programs"
MEMORY = "2 GiB of memory: look for an array that is larger than you think"
DISK = "look for something that is written again and again"


def size_of(attack):
    return sum(len(str(output)) for result in attack.results for output in result.outputs)


FORK = """
import os, signal, time
children = []
for n in range({count}):
    child = os.fork()
    if child == 0:
        time.sleep(60)
    children.append(child)
print('alive', len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
"""


def test_fork_bomb(arena, open_field):
    bomb = arena.attack(FORK.format(count=LIMITS.processes + 8))
    assert (PROCESSES if arena.rung == "bwrap" else PROGRAMS) in bomb.errors and "alive" not in bomb.text
    assert "alive 40" in open_field.attack(FORK.format(count=LIMITS.processes + 8)).text


@pytest.mark.parametrize("bomb", [
    "import os\nwhile True:\n    os.fork()", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"])
def test_fork_bomb_whose_processes_all_go_on(arena, bomb):
    assert arena.attack(bomb, cell_timeout=1).results[0].status != "ok"


THREADS = """
import threading, time
for n in range({count}):
    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
print('alive', n + 1)
"""


def test_thread_bomb(arena, open_field):
    bomb = arena.attack(THREADS.format(count=2_000))
    assert PROCESSES in bomb.errors and "alive" not in bomb.text
    assert "alive 60" in open_field.attack(THREADS.format(count=60)).text


@pytest.mark.parametrize("bomb", [
    "import numpy as np\nnp.ones(2**29)", "bytearray(2**32)", "x = 'x'\nwhile True: x += x",
    "import mmap\nmmap.mmap(-1, 2**32)", "everything = []\nwhile True: everything.append(bytearray(2**24))",
])
def test_memory_bomb(arena, bomb):
    with arena.hostile(cell_timeout=20) as session:
        result = session.run_cell(bomb)
        assert MEMORY in result.outputs[-1].evalue
        control = "everything = x = None\nimport numpy as np; np.ones(2**24).sum()"  # a sixteenth of the limit
        assert session.run_cell(control).status == "ok"


def test_memory_bomb_in_a_function(arena):
    with arena.hostile() as session:
        session.run_cell("import numpy as np\ndef sigmoid(x): return np.ones(2**40)")
        with pytest.raises(Exception, match="2 GiB of memory"):
            session.student.sigmoid(1.0)


NAMELESS = {
    "memfd": "import os; print('made', os.memfd_create('x'))",
    "dev_shm": "open('/dev/shm/hostile', 'w').write('x'); import os; os.remove('/dev/shm/hostile'); print('made')",
    "system_v": "import ctypes; print('made' if ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0 else '')",
}


@pytest.mark.parametrize("kind", NAMELESS)
def test_memory_that_counts_for_nobody(arena, open_field, kind):
    assert "made" not in arena.attack(NAMELESS[kind]).text
    assert "made" in open_field.attack(NAMELESS[kind]).text


BYTES = "for n in range(3):\n    with open(f'x{n}', 'wb') as file: file.write(bytes(20 * 2**20))\nprint('written')"
FILES = "import os\nfor n in range(2_500): os.close(os.open(f'x{n}', os.O_CREAT))\nprint('written')"


@pytest.mark.parametrize(("bomb", "gap"), [(BYTES, "fill_the_disk"), (FILES, "make_files_without_end")],
                         ids=["bytes", "inodes"])
def test_disk_bomb(arena, open_field, bomb, gap):
    attack = arena.attack(bomb)
    if gap in arena.worker.gaps:  # and the page says so
        assert attack.text == "written\n"
    else:
        assert attack.text == "" and DISK in attack.errors
    assert open_field.attack(bomb).text == "written\n"


def test_a_file_that_is_too_large(arena):
    attack = arena.attack("with open('x', 'wb') as file:\n    file.truncate(2**40)")
    assert DISK in attack.errors
    assert arena.attack("with open('x', 'wb') as file:\n    file.truncate(2**20)").errors == ""


def test_opening_files_without_end(arena):
    opens = "files = [open('/dev/null') for n in range({})]"
    assert "64 files may be open" in arena.attack(opens.format(200)).errors
    assert arena.attack(opens.format(20)).errors == ""


GIGABYTE = {
    "print": "for n in range(1000): print('x' * 10**6)",
    "stderr": "import sys\nfor n in range(1000): sys.stderr.write('x' * 10**6)",
    "file_descriptor": "import os\nfor n in range(1000): os.write(1, b'x' * 10**6)",
    "display": "from IPython.display import HTML, display\nfor n in range(100): display(HTML('x' * 10**6))",
    "result": "'x' * 10**9",
    "exception": "raise ValueError('x' * 10**8)",
    "traceback": "def f(n):\n    return f(n + 1)\nf(0)",
    "many_small": "for n in range(10**5): print(n)",
}


@pytest.mark.parametrize("how", GIGABYTE)
def test_a_gigabyte_of_output_by(arena, how):
    attack = arena.attack(GIGABYTE[how], cell_timeout=20, output_limit=10_000)
    assert size_of(attack) < 150_000
    assert arena.attack("print('x' * 9_000)", output_limit=10_000).text == "x" * 9_000 + "\n"


SWALLOWING = {
    "except": "while True:\n    try:\n        for i in range(10**9): pass\n    except BaseException: pass",
    "ignoring": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    "blocking": "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\nwhile True: pass",
    "handler": "import signal\nsignal.signal(signal.SIGINT, lambda *_: None)\nwhile True: pass",
    "finally": "def f():\n    try:\n        while True: pass\n    finally:\n        f()\nf()",
    "c_code": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
}


@pytest.mark.parametrize("how", SWALLOWING)
def test_a_loop_that_swallows_interrupts_by(arena, monkeypatch, how):
    monkeypatch.setattr(session, "GRACE", 0.5)
    attack = arena.attack(SWALLOWING[how], "print('after')", cell_timeout=0.5)
    assert attack.results[0].status in ("dead", "timeout") and "never ends" in attack.errors
    if attack.results[0].status == "dead":
        assert "never ends" in attack.reason and attack.results[1].status == "dead"


def test_computing_beyond_the_limit(arena):
    loop = "import time\nwhile time.process_time() < {}: pass\nprint('done')"
    attack = arena.attack(loop.format(0.5), loop.format(30), cell_timeout=60)
    assert attack.text == "done\n" and "stopped after 5 s of computing" in attack.reason


def test_a_notebook_of_many_cells_that_each_stay_below_the_limit(arena, monkeypatch):
    monkeypatch.setattr(arena.worker, "limits", replace(LIMITS, total=1.5))
    with Session(arena.folder, zygote=arena.worker, cell_timeout=1) as notebook:
        cells = [notebook.run_cell("import time; time.sleep(0.4)").status for _ in range(6)]
    assert cells[0] == "ok" and cells[-1] == "dead" and "the whole notebook was stopped after 1.5 s" in notebook.reason
