"""How fast the course answers: a quiz answer, the map, a lab's checks beside the lab's own time."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from table import Load, Row, arguments, header, print_rows, tell

from practicum.learn.labs.run import run_lab
from practicum.learn.learner import Learner

GOALS_S = {"quiz answer": 0.05, "map": 0.5, "lab check": 1.0}
LABS = ("python-basics/strings", "linear-algebra", "multilayer-perceptron")


def timed(action: Callable[[], object], times: int) -> float:
    """The median of several runs, in seconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return median(taken)


def row(name: str, seconds: float, goal_s: float, note: str = "", equal: bool | None = None) -> Row:
    """A row as a rate; the goal is a time, so it is told in the note."""
    verdict = "within" if seconds <= goal_s else "OVER"
    told = f"{seconds * 1000:,.0f} ms, {verdict} the goal of {goal_s * 1000:,.0f} ms"
    return Row(
        name, "per second", 1 / seconds, equal=equal, note="; ".join(filter(None, (told, note)))
    )


def answers(home: Path, times: int, n_before: int) -> Row:
    """Grading, remembering and choosing the next question, in a process that is warm."""
    learner = Learner(home)
    learner.ask()
    for _ in range(n_before):
        question = learner.ask()
        learner.answer(question, question.right.split(")")[0])

    def answer() -> None:
        question = learner.ask()
        learner.answer(question, question.right.split(")")[0])

    seconds = timed(answer, times)
    record = learner.record()
    return row(f"quiz: ask, grade, remember ({n_before} answers before)", seconds, GOALS_S["quiz answer"],
               equal=sum(s.n for s in record.standings.values()) == n_before + times)  # fmt: skip


def whole_command(home: Path, times: int) -> Row:
    """`practicum map` as a user waits for it: a new process each time."""
    program = Path(sys.executable).with_name("practicum")

    def call() -> None:
        subprocess.run([str(program), "map", "--home", str(home)], check=True, capture_output=True)

    return row("practicum map, a whole process", timed(call, times), GOALS_S["map"])


def lab_check(home: Path, name: str, times: int) -> Row:
    """What the checks add to the time that the script takes when Python runs it alone."""
    learner = Learner(home)
    _, lab = learner.find_lab(name)
    script = learner.script(lab)
    script.write_text(lab.solution.read_text("utf-8"), encoding="utf-8")
    alone = timed(lambda: subprocess.run([sys.executable, str(script)], check=True, capture_output=True,
                                         cwd=script.parent, env=environment()), times)  # fmt: skip
    passed = []
    checked = timed(lambda: passed.append(run_lab(lab, script).passed), times)
    added = max(checked - alone, 1e-3)
    note = f"the script alone takes {alone:.2f} s, with its checks {checked:.2f} s"
    return row(
        f"lab check beside the lab: {name}", added, GOALS_S["lab check"], note, equal=all(passed)
    )


def environment() -> dict[str, str]:
    """As the lab's process has it: one thread, no window."""
    import os

    return {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MPLBACKEND": "Agg"}


def main() -> int:
    """Print the rows; 1 when an answer was lost or a solution did not pass."""
    options = arguments(__doc__ or "", with_home=False).parse_args()
    load, times = Load(), 3 if options.quick else 7
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        tell("quiz answers")
        n_before = 200 if options.quick else 1000
        rows = [answers(home / "new", times * 5, 0), answers(home / "old", times * 5, n_before)]
        tell("the map")
        rows.append(whole_command(home / "old", times))
        for name in LABS:
            tell(f"lab {name}")
            rows.append(lab_check(home / "labs", name, times))
    return print_rows(rows, options.json, header(1, load))


if __name__ == "__main__":
    sys.exit(main())
