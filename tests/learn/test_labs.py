"""Labs: run in a process of their own, within limits; a failure says why and not the answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from practicum.core.errors import PracticumError, UnknownReference
from practicum.learn.course_check import check_lab_source, failures, run_both
from practicum.learn.labs.checking import CheckFailed, Script, close, equal, holds, raises
from practicum.learn.labs.lab import Lab, cells_of, filled, holes_of, own_copy, read_labs, reset
from practicum.learn.labs.run import run_lab

LAB = '''\
# %% [markdown]
# # Doubling

# %%
import math


# %%
def double(x):
    """Twice x."""
    # TODO double: add it to itself
    raise NotImplementedError("double")


# %%
print("twice three:", double(3))


# %%
def quadruple(x):
    """Four times x."""
    # TODO quadruple: double it, and again
    raise NotImplementedError("quadruple")
'''
SOLUTION = LAB.replace('''    # TODO double: add it to itself
    raise NotImplementedError("double")''', "    return x + x").replace(
    '''    # TODO quadruple: double it, and again
    raise NotImplementedError("quadruple")''', "    twice = double(x)\n    return double(twice)")  # fmt: skip
CHECKS = """
from practicum.learn.labs.checking import equal

def double(lab):
    equal(lab.double(4), 8, "double(4)", "adding a number to itself is not squaring it")

def quadruple(lab):
    equal(lab.quadruple(1), 4, "quadruple(1)")
"""
TOML = """
title = "Doubling"
minutes = 5
seconds = 10
memory_mb = 300
[[tasks]]
name = "double"
says = "double gives twice its number"
hints = ["what is x and x?", "there is a sign for it"]
[[tasks]]
name = "quadruple"
says = "quadruple doubles twice"
hints = ["use what you have", "once more"]
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    folder = tmp_path / "toy" / "labs" / "doubling"
    folder.mkdir(parents=True)
    for name, text in {"lab.py": LAB, "solution.py": SOLUTION, "checks.py": CHECKS, "lab.toml": TOML,
                       "data.csv": "a,b\n1,2\n"}.items():  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
    (found,) = read_labs(tmp_path / "toy")
    return found


@pytest.fixture
def attempt(lab: Lab, tmp_path: Path) -> Callable[[str], object]:
    def run(text: str, **limits: float):
        script = tmp_path / "mine.py"
        script.write_text(textwrap.dedent(text), encoding="utf-8")
        return run_lab(Lab(**{**vars(lab), **limits}), script)

    return run


def test_the_shipped_script_fails_with_open_holes_and_the_solution_passes(lab: Lab) -> None:
    unsolved = run_lab(lab, lab.script)
    assert [v.is_open for v in unsolved.verdicts] == [True, True]
    assert not unsolved.passed
    solved = run_lab(lab, lab.solution)
    assert solved.passed, list(failures(solved))
    assert "twice three: 6" in solved.output
    assert list(run_both(lab)) == []
    assert list(check_lab_source(lab)) == []


def test_one_hole_filled_passes_one_task_although_a_cell_after_it_fails(attempt: Callable) -> None:
    outcome = attempt(LAB.replace('raise NotImplementedError("double")', "return 2 * x"))
    assert [(v.passed, v.is_open) for v in outcome.verdicts] == [(True, False), (False, True)]


def test_a_wrong_answer_is_told_why_and_not_what_is_right(attempt: Callable) -> None:
    outcome = attempt(SOLUTION.replace("return x + x", "return x * x"))
    why = outcome.verdicts[0].why
    assert (
        why == "double(4) gave 16, which is not right: adding a number to itself is not squaring it"
    )
    assert "8" not in why


def test_a_missing_return_is_recognised(attempt: Callable) -> None:
    outcome = attempt(SOLUTION.replace("return x + x", "x + x"))
    assert "returned None: is a `return` missing?" in outcome.verdicts[0].why


def test_an_error_names_the_line_of_the_learner(attempt: Callable) -> None:
    outcome = attempt(SOLUTION.replace("return x + x", "return x + y"))
    assert outcome.verdicts[0].why.startswith("line 11: NameError: name 'y' is not defined")
    assert "(return x + y)" in outcome.verdicts[0].why
    assert any(error.startswith("line 11: NameError") for error in outcome.errors)


def test_a_syntax_error_spoils_its_own_cell_only(attempt: Callable) -> None:
    outcome = attempt(SOLUTION.replace("    twice = double(x)\n", "    twice = double(x\n"))
    assert outcome.verdicts[0].passed
    assert any("SyntaxError" in error for error in outcome.errors)
    assert "`quadruple` is not defined" in outcome.verdicts[1].why


def test_a_needed_hole_that_is_still_open_is_named(attempt: Callable) -> None:
    only_second = LAB.replace('raise NotImplementedError("quadruple")', "return double(double(x))")
    assert "needs 'double'" in attempt(only_second).verdicts[1].why


def test_a_loop_without_an_end_is_stopped_and_told(attempt: Callable) -> None:
    begun = time.monotonic()
    outcome = attempt(SOLUTION + "\n# %%\nwhile True:\n    pass\n", seconds=1.0)
    assert time.monotonic() - begun < 8
    assert "stopped after 1 s" in outcome.trouble
    assert not outcome.passed


def test_a_memory_hog_is_stopped_and_told(attempt: Callable) -> None:
    hog = (
        SOLUTION
        + "\n# %%\nimport time\nhoard = [bytearray(1 << 20) for _ in range(600)]\ntime.sleep(5)\n"
    )
    outcome = attempt(hog, memory_mb=200)
    assert "MB" in outcome.trouble
    assert not outcome.passed


def test_what_a_lab_starts_is_ended_with_it(attempt: Callable, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    later = f"import time, pathlib; time.sleep(3); pathlib.Path({str(mark)!r}).touch()"
    child = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {later!r}])\ntime.sleep(30)"
    outcome = attempt(SOLUTION + f"\n# %%\n{child}\n", seconds=1.0)
    assert outcome.trouble
    time.sleep(3.5)
    assert not mark.exists()


def test_memory_hidden_in_children_counts_too(attempt: Callable) -> None:
    hog = "import time; hoard = bytearray(300 << 20); hoard[::4096] = b'x' * len(hoard[::4096]); time.sleep(20)"
    code = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {hog!r}]).wait()"
    outcome = attempt(SOLUTION + f"\n# %%\n{code}\n", memory_mb=200)
    assert "MB of memory" in outcome.trouble


def test_what_runs_on_in_the_background_ends_with_a_lab_that_passed(
    attempt: Callable, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    later = f"import time, pathlib; time.sleep(2); pathlib.Path({str(mark)!r}).touch()"
    code = (f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {later!r}], "
            "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)")  # fmt: skip
    assert attempt(SOLUTION + f"\n# %%\n{code}\n").passed
    time.sleep(2.5)
    assert not mark.exists()


def test_a_lab_has_no_network_and_sees_no_token(
    attempt: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    code = """
import os, socket
print("token", os.environ.get("HF_TOKEN"))
try:
    socket.create_connection(("127.0.0.1", 9))
except PermissionError as error:
    print("refused:", error)
"""
    outcome = attempt(SOLUTION + "\n# %%" + code)
    assert "token None" in outcome.output
    assert "refused: a lab has no network" in outcome.output


def test_a_python_fork_bomb_is_refused_kindly_and_leaves_nothing(
    attempt: Callable, left: Callable
) -> None:
    bomb = """
import os, time
started = 0
try:
    while True:
        if os.fork() == 0:
            try:
                while True:
                    os.fork()
            finally:
                time.sleep(20)
                os._exit(0)
        started += 1
except PermissionError as error:
    print("refused:", error)
"""
    outcome = attempt(f"{SOLUTION}\n# %%{bomb}", seconds=6.0, memory_mb=3000)
    assert "a lab may start 64 processes" in outcome.output
    assert not left()


SHELL = f"import subprocess\nsubprocess.run(['/bin/sh', '-c', {'b() { b | b & }; b; sleep 20'!r}])"


@pytest.mark.skipif(os.name != "posix", reason="a shell's bomb")
def test_a_shell_fork_bomb_is_ended_for_root_too(attempt: Callable, left: Callable) -> None:
    begun = time.monotonic()
    outcome = attempt(f"{SOLUTION}\n# %%\n{SHELL}\n", seconds=4.0)
    assert "processes" in outcome.trouble or "stopped after" in outcome.trouble
    assert time.monotonic() - begun < 20
    assert not left()


@pytest.mark.skipif(not shutil.which("setsid"), reason="needs the program setsid")
def test_a_crowd_of_which_each_detached_itself_is_seen_and_ended(
    attempt: Callable, left: Callable
) -> None:
    crowd = "i=0; while [ $i -lt 150 ]; do setsid sleep 25 & i=$((i+1)); done; wait"
    code = f"import subprocess\nsubprocess.run(['/bin/sh', '-c', {crowd!r}])"
    outcome = attempt(f"{SOLUTION}\n# %%\n{code}\n", seconds=9.0)
    assert "processes; a lab may start 64" in outcome.trouble
    assert not left()


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Gives what is still there of this test's labs; other labs may run beside it."""
    mark = "0" * 31 + "1"
    monkeypatch.setattr("practicum.learn.labs.run.secrets.token_hex", lambda _: mark)
    return lambda: marked_processes(mark)


def marked_processes(mark: str) -> list[str]:
    """Processes with this mark that are still there."""
    psutil = pytest.importorskip("psutil")
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.environ().get("PRACTICUM_LAB") == mark
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(" ".join(process.cmdline()))
        except (psutil.Error, OSError):
            continue
    return found


DETACHED = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {prepare}
        time.sleep({wait})
        open({mark!r}, "w").close()
    os._exit(0)
os.wait()
{after}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("after", ["pass", "time.sleep(30)", "os._exit(3)"])
def test_what_detaches_itself_twice_over_ends_with_the_lab(
    attempt: Callable, left: Callable, tmp_path: Path, after: str
) -> None:
    mark = tmp_path / "mark"
    code = DETACHED.format(
        prepare="os.close(1); os.close(2)", wait=2.5, mark=str(mark), after=after
    )
    attempt(f"{SOLUTION}\n# %%{code}", seconds=1.0)
    assert not left()
    time.sleep(2.7)
    assert not mark.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a Linux door")
def test_what_detaches_itself_and_washes_its_environment_is_remembered(
    attempt: Callable, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    later = f"import time; time.sleep(2.5); open({str(mark)!r}, 'w').close()"
    code = DETACHED.format(
        prepare=f"os.execve(sys.executable, [sys.executable, '-c', {later!r}], {{}})", wait=0,
        mark=str(mark), after="time.sleep(0.5)")  # fmt: skip
    attempt(f"{SOLUTION}\n# %%{code}", seconds=5.0)
    time.sleep(2.7)
    assert not mark.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_holds_the_output_open_does_not_hold_the_lab(attempt: Callable) -> None:
    begun = time.monotonic()
    code = DETACHED.format(prepare="pass", wait=30, mark="never", after="print('done here')")
    outcome = attempt(f"{SOLUTION}\n# %%{code}")
    assert outcome.passed
    assert "done here" in outcome.output
    assert time.monotonic() - begun < 8


def test_a_printer_without_an_end_is_stopped_and_its_output_kept_in_part(attempt: Callable) -> None:
    outcome = attempt(SOLUTION + "\n# %%\nwhile True:\n    print('é' * 997, end='')\n", seconds=1.0)
    assert "stopped after 1 s" in outcome.trouble
    assert "more characters" in outcome.output
    assert "\ufffd" not in outcome.output, "a letter was cut"


def test_threads_without_an_end_are_stopped(attempt: Callable) -> None:
    code = ("import threading, time\nfor _ in range(3000):\n"
            "    threading.Thread(target=time.sleep, args=(20,), daemon=True).start()\ntime.sleep(9)\n")  # fmt: skip
    outcome = attempt(f"{SOLUTION}\n# %%\n{code}", seconds=8.0)
    assert "threads" in outcome.trouble or "can't start new thread" in " ".join(outcome.errors)


def test_two_workers_are_no_bomb(attempt: Callable) -> None:
    code = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
with multiprocessing.get_context("fork").Pool(2) as pool:
    print("pool", sum(pool.map(abs, range(-5, 5))))
with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
    print("executor", sum(pool.map(abs, range(-5, 5))))
from joblib import Parallel, delayed
print("joblib", sum(Parallel(n_jobs=2)(delayed(abs)(x) for x in range(-5, 5))))
"""
    outcome = attempt(f"{SOLUTION}\n# %%{code}", seconds=30.0, memory_mb=1500)
    assert outcome.passed, (outcome.trouble, outcome.errors)
    assert [line.split()[1] for line in outcome.output.splitlines()[1:]] == ["25", "25", "25"]


def test_a_run_is_stopped_from_outside(lab: Lab, tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        SOLUTION + "\n# %%\nprint('here', flush=True)\nwhile True:\n    pass\n", "utf-8"
    )
    stop = threading.Event()
    outcome = run_lab(
        lab, script, stop=stop, hear=lambda text: stop.set() if "here" in text else None
    )
    assert outcome.stopped
    assert not outcome.passed
    assert outcome.trouble == "stopped by you"


def test_a_version_put_aside_never_takes_the_place_of_another(lab: Lab, tmp_path: Path) -> None:
    mine = own_copy(lab, tmp_path / "labs")
    mine.with_name("lab.kept-2.py").write_text("older", encoding="utf-8")
    for text in ("one", "two"):
        mine.write_text(text, encoding="utf-8")
        reset(lab, tmp_path / "labs")
    kept = [mine.with_name(f"lab.kept-{n}.py").read_text("utf-8") for n in (1, 2, 3)]
    assert kept == ["one", "older", "two"]


def test_a_script_that_ends_itself_is_told_so(attempt: Callable) -> None:
    outcome = attempt(SOLUTION.replace("import math", "import os\nos._exit(3)"))
    assert "exit code 3" in outcome.trouble
    assert not outcome.passed
    polite = attempt(SOLUTION.replace("import math", "import sys\nsys.exit()"))
    assert any("the script ended itself" in error for error in polite.errors)


def test_much_output_is_kept_in_part_and_never_blocks(attempt: Callable) -> None:
    outcome = attempt(SOLUTION + "\n# %%\nfor i in range(30000):\n    print('x' * 40, i)\n")
    assert outcome.passed
    assert len(outcome.output) < 110_000
    assert "more characters" in outcome.output


def test_what_is_printed_is_heard_while_it_runs(lab: Lab, tmp_path: Path) -> None:
    heard: list[str] = []
    run_lab(lab, lab.solution, hear=heard.append)
    assert heard == ["twice three: 6\n"]


def test_data_files_lie_beside_the_learners_copy(lab: Lab, tmp_path: Path) -> None:
    mine = own_copy(lab, tmp_path / "labs")
    assert mine.read_text("utf-8") == LAB
    assert (mine.parent / "data.csv").is_file()
    assert not (mine.parent / "solution.py").exists()


def test_a_copy_is_never_overwritten_and_reset_keeps_what_was_written(
    lab: Lab, tmp_path: Path
) -> None:
    mine = own_copy(lab, tmp_path / "labs")
    mine.write_text("mine", encoding="utf-8")
    assert own_copy(lab, tmp_path / "labs").read_text("utf-8") == "mine"
    kept = reset(lab, tmp_path / "labs")
    assert kept is not None
    assert kept.read_text("utf-8") == "mine"
    assert mine.read_text("utf-8") == LAB
    assert reset(lab, tmp_path / "labs") is None, "nothing was written, so nothing is kept"


def test_cells_and_holes_are_found_with_their_lines() -> None:
    cells = cells_of(LAB)
    assert [c.is_markdown for c in cells] == [True, False, False, False, False]
    assert LAB.splitlines()[cells[1].line - 1] == "import math"
    assert holes_of(LAB) == {"double": (11, 12), "quadruple": (22, 23)}


def test_a_script_without_cells_is_one_cell() -> None:
    assert [c.line for c in cells_of("x = 1\ny = 2\n")] == [1]


def test_the_filling_of_each_hole_is_read_from_the_solution(lab: Lab) -> None:
    assert filled(lab) == {
        "double": "    return x + x",
        "quadruple": "    twice = double(x)\n    return double(twice)",
    }


def broken(lab: Lab, name: str, old: str, new: str) -> list[str]:
    path = lab.folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    (again,) = read_labs(lab.folder.parents[1])
    return [str(c) for c in check_lab_source(again)]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("solution.py", "import math", "import cmath", "differs from lab.py"),
        ("solution.py", "Four times x", "Four x", "differs from lab.py"),
        (
            "lab.toml",
            '"there is a sign for it"',
            '"write return x + x there"',
            "contains the answer",
        ),
        ("lab.toml", '["use what you have", "once more"]', '["use what you have"]', "1 hints"),
        ("lab.toml", 'name = "quadruple"', 'name = "quad"', "tasks ['double', 'quad']"),
        ("checks.py", "def quadruple(lab)", "def four(lab)", "no check for ['quadruple']"),
        ("lab.py", 'raise NotImplementedError("quadruple")', "return 4 * x", "holes without"),
        ("lab.py", "# %% [markdown]\n# # Doubling\n", "", "markdown cell"),
    ],
)
def test_the_course_check_names_what_is_wrong_with_a_lab(
    lab: Lab, name: str, old: str, new: str, said: str
) -> None:
    assert any(said in complaint for complaint in broken(lab, name, old, new))


def test_a_check_that_passes_with_the_hole_open_is_caught(lab: Lab) -> None:
    (lab.folder / "checks.py").write_text(
        "def double(lab): pass\ndef quadruple(lab): pass\n", encoding="utf-8"
    )
    assert len([c for c in run_both(lab) if "passes with its hole open" in str(c)]) == 2


def test_an_unknown_task_gets_the_nearest(lab: Lab) -> None:
    with pytest.raises(UnknownReference, match="try: double"):
        lab.task("duoble")


def test_a_lab_file_that_lacks_a_key_is_named(lab: Lab) -> None:
    (lab.folder / "lab.toml").write_text("title = 'x'\n", encoding="utf-8")
    with pytest.raises(PracticumError, match=r"lab\.toml"):
        read_labs(lab.folder.parents[1])


class Boxed:
    """Like an array: it has tolist."""

    def __init__(self, value: object) -> None:
        self.value = value

    def tolist(self) -> object:
        return self.value


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        ([1.0, 2.0], [1.0, 2.1], r"f\(x\)\[1\] gave 2"),
        (Boxed([[1.0]]), [1.0], r"has shape \(1, 1\), where \(1,\) is expected"),
        ([1.0, float("nan")], [1.0, 2.0], "is nan"),
        (["a"], [1.0], "not a number"),
        (None, 1.0, "returned None"),
    ],
)
def test_close_says_where_and_how(got: object, want: object, said: str) -> None:
    with pytest.raises(CheckFailed, match=said):
        close(got, want, "f(x)")


def test_close_compares_relative_to_large_numbers() -> None:
    close(1e12 + 1, 1e12, "f")
    close(Boxed([1, 2]), (1, 2 + 1e-9), "f")


def test_equal_compares_nested_values_of_any_kind() -> None:
    equal(Boxed([1, [2]]), [1, (2,)], "f")
    equal({"a": (1,)}, {"a": [1]}, "f")
    with pytest.raises(CheckFailed):
        equal("1", 1, "f")


def test_raises_tells_silence_from_another_error() -> None:
    raises(ValueError, lambda: int("x"), "int('x')")
    with pytest.raises(CheckFailed, match="raised nothing"):
        raises(ValueError, lambda: 1, "f")
    with pytest.raises(CheckFailed, match="raised KeyError, not ValueError"):
        raises(ValueError, lambda: {}["a"], "f")


def test_holds_and_a_missing_name_fail_with_words() -> None:
    holds(True, "x")
    with pytest.raises(CheckFailed, match="because"):
        holds(0, "because")
    with pytest.raises(CheckFailed, match="`nothing` is not defined"):
        _ = Script({}).nothing


def test_the_engine_works_with_torch_not_installed(lab: Lab) -> None:
    code = f"""
import sys
sys.modules["torch"] = None
sys.modules["transformers"] = None
from pathlib import Path
from practicum.learn.labs.lab import read_labs
from practicum.learn.learner import Learner
from practicum.learn.labs.run import run_lab
(lab,) = read_labs(Path({str(lab.folder.parents[1])!r}))
assert run_lab(lab, lab.solution).passed
learner = Learner({str(lab.folder)!r})
question = learner.ask()
learner.answer(question, question.right.split(")")[0])
from practicum.learn.lessons.lesson import read_lesson
from practicum.learn.lessons.page import lesson_page
concept = next(c for c in learner.roadmap.concepts.values() if c.is_open)
print(len(lesson_page(concept, learner.roadmap.chapters[concept.chapter], read_lesson(concept.folder), {{}})))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env={**os.environ})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 5000
