"""Notebooks that read what is not theirs: each test is named after the attack that it stops.

Every attack runs on every rung that this machine offers, and once without isolation, where it must succeed.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import EXERCISE, REPOSITORY, STAGE, marks

import autograder
from autograder.grading.outcomes import judge
from mlplab.student import LocalStudent

TOKEN = "token-7f3a91c2"


@pytest.fixture
def loot(tmp_path):
    """Files as a course directory has them, readable for everybody, each with the token."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != folder.parent and "pytest" in str(folder):
            folder.chmod(0o755)  # nothing but the sandbox is to stand in the way
    for name in ("gradebook.db", "submitted/bob/01-activation/01-activation.ipynb", ".ssh/id_ed25519"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TOKEN)
        path.chmod(0o644)
    return tmp_path


READING = {
    "gradebook": "print(open('{loot}/gradebook.db').read())",
    "other_submissions": "print(open('{loot}/submitted/bob/01-activation/01-activation.ipynb').read())",
    "keys_of_the_account": "print(open('{loot}/.ssh/id_ed25519').read())",
    "gradebook_over_a_symlink": "import os; os.symlink('{loot}/gradebook.db', 'mine'); print(open('mine').read())",
    "gradebook_over_a_hard_link": "import os; os.link('{loot}/gradebook.db', 'mine'); print(open('mine').read())",
    "gradebook_by_a_path_upwards": "import os; print(open(os.path.relpath('{loot}/gradebook.db')).read())",
    "gradebook_by_another_program": "import subprocess; print(subprocess.getoutput('cat {loot}/gradebook.db'))",
    "gradebook_through_proc_root": "print(open('/proc/self/root{loot}/gradebook.db').read())",
    "gradebook_by_moving_it_here":
        "import os, shutil; shutil.move('{loot}/gradebook.db', 'x'); print(open('x').read())",
    "gradebook_by_opening_the_folder_first":
        "import os; folder = os.open('{loot}', os.O_PATH); "
        "print(os.read(os.open('gradebook.db', os.O_RDONLY, dir_fd=folder), 99).decode())",
}


@pytest.mark.parametrize("what", READING)
def test_reading(arena, open_field, loot, what):
    cell = READING[what].format(loot=loot)
    stopped = arena.attack(cell)
    assert TOKEN not in stopped.text and TOKEN not in stopped.errors
    assert TOKEN in open_field.attack(cell).text


@pytest.mark.parametrize("part", ["checks/activation.py", "reference/activation.py", "misconceptions/activation.py"])
def test_reading_the_hidden_checks_the_reference_the_casebook(arena, open_field, part):
    cell = f"print(open({os.path.join(os.path.dirname(autograder.__file__), part)!r}).read())"
    assert "def " not in arena.attack(cell).text
    assert "def " in open_field.attack(cell).text


def test_importing_the_reference_from_where_it_lies(arena, open_field):
    cell = (f"import sys; del sys.modules['autograder']; sys.path.insert(0, {str(REPOSITORY)!r})\n"
            "from autograder.reference import activation\nprint(activation.sigmoid(0.0))")
    assert "0.5" not in arena.attack(cell).text
    assert "0.5" in open_field.attack(cell).text


def test_listing_the_course_directory(arena, open_field, loot):
    cell = f"import os; print(os.listdir({str(loot)!r}))"
    assert "gradebook.db" not in arena.attack(cell).text
    assert "gradebook.db" in open_field.attack(cell).text


def test_reading_the_grader_s_environment(arena, open_field, monkeypatch):
    """What /proc shows is the environment that a process began with, so a process with a secret in it is started."""
    monkeypatch.setenv("PASSWORD", TOKEN)
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        cell = (f"import os\nprint(os.environ)\nfor pid in ({bystander.pid}, os.getppid(), 1):\n"
                "    try: print(open(f'/proc/{pid}/environ').read())\n"
                "    except OSError: pass")
        assert TOKEN not in arena.attack(cell).text
        assert TOKEN in open_field.attack(cell).text
        assert TOKEN not in open_field.attack("import os; print(os.environ)").text
    finally:
        bystander.kill()
        bystander.wait()


@pytest.fixture
def bystander():
    """A process that lets itself be traced by whoever may signal it, with the token in its memory."""
    code = (f"import ctypes, sys; buffer = ctypes.create_string_buffer({TOKEN.encode()!r}); "
            "ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1), 0, 0, 0); print(ctypes.addressof(buffer), "
            "flush=True); sys.stdin.read()")
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process.pid, int(process.stdout.readline())
    process.kill()
    process.communicate()


MEMORY = {
    "proc_mem": "file = open('/proc/{pid}/mem', 'rb'); file.seek({address}); print(file.read({size}))",
    "process_vm_readv": """
import ctypes
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
here = ctypes.create_string_buffer({size})
ours, theirs = Part(ctypes.addressof(here), {size}), Part({address}, {size})
ctypes.CDLL(None).process_vm_readv({pid}, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
print(here.raw)""",
    "ptrace": """
import ctypes, os
libc = ctypes.CDLL(None)
libc.ptrace.restype = ctypes.c_long
libc.ptrace(16, {pid}, None, None)
os.waitpid({pid}, 0x40000000)
words = [libc.ptrace(2, {pid}, ctypes.c_void_p({address} + 8 * i), None) for i in range(2)]
print(b"".join((word % 2**64).to_bytes(8, "little") for word in words))
libc.ptrace(17, {pid}, None, None)""",
}


@pytest.mark.parametrize("way", MEMORY)
def test_reading_another_process_s_memory_by(arena, open_field, bystander, way):
    pid, address = bystander
    cell = MEMORY[way].format(pid=pid, address=address, size=len(TOKEN))
    assert TOKEN[:14] not in arena.attack(cell).text
    assert TOKEN[:14] in open_field.attack(cell).text


def test_tracing_the_warm_process(arena, open_field):
    """Whoever traced it would be in the next submission."""
    cell = "import ctypes, os; print('traced:', ctypes.CDLL(None).ptrace(0x4206, os.getppid(), None, None) == 0)"
    assert arena.attack(cell).text == "traced: False\n"
    yama = Path("/proc/sys/kernel/yama/ptrace_scope")
    restricted = os.geteuid() != 0 and yama.exists() and yama.read_text().strip() != "0"
    assert open_field.attack(cell).text == f"traced: {not restricted}\n"


FIND_DESCRIPTORS = """
import os
def known(descriptor):
    try:
        return os.fstat(descriptor) is not None
    except OSError:
        return False
print("found", sum(map(known, range(3, 4096))))
"""


def test_using_inherited_descriptors(arena):
    """One is there beside the standard three, the channel; a process that is not made for this inherits more."""
    assert arena.attack(FIND_DESCRIPTORS).text == "found 1\n"
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
    control = subprocess.run([sys.executable, "-c", FIND_DESCRIPTORS], pass_fds=held, capture_output=True, text=True)
    for descriptor in held:
        os.close(descriptor)
    assert control.stdout == "found 3\n"


FRAMES = """
import sys
seen = set()
def sigmoid(x):
    frame = sys._getframe()
    while frame is not None:
        seen.add(frame.f_code.co_filename)  # and frame.f_locals
        frame = frame.f_back
    return x
"""


def test_reading_expected_values_off_the_frames_of_the_checks(arena):
    with arena.hostile() as session:
        session.run_cell(FRAMES)
        assert marks(session) == 0
        seen = session.run_cell("print([name for name in seen if 'checks' in name])").outputs[0].text
    assert seen == "[]\n"
    # The control: in the process of the checks, the frames of the hidden ones lie open.
    namespace = {}
    exec(FRAMES, namespace)
    judge(STAGE, EXERCISE, LocalStudent(namespace), seed=11)
    assert any(os.path.join("autograder", "checks") in name for name in namespace["seen"])


def test_becoming_root_and_making_namespaces(arena, open_field):
    cell = ("import ctypes, os\nlibc = ctypes.CDLL(None)\nprint('root:', os.getuid() == 0 or libc.setuid(0) == 0)\n"
            "print('namespace:', libc.unshare(0x10000000) == 0)")
    assert arena.attack(cell).text == "root: False\nnamespace: False\n"
    control = "unshare --user true && echo made"  # unless the machine itself forbids it
    allowed = subprocess.run(control, shell=True, capture_output=True, text=True).stdout
    shown = open_field.attack(cell).text
    assert (f"root: {os.geteuid() == 0}" in shown) and (not allowed or "namespace: True" in shown)
