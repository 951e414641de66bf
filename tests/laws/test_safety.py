"""Reading data never runs code: the calls that could do so are not in the source at all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "practicum"
MODULES = sorted(p for p in SOURCE.rglob("*.py") if "course" not in p.relative_to(SOURCE).parts[:1])
CALLS = {
    "eval", "exec", "compile", "__import__", "torch.load", "yaml.load", "yaml.unsafe_load",
    "yaml.full_load", "os.system", "os.popen", "runpy.run_path", "numpy.load", "np.load",
    "pandas.read_pickle", "pd.read_pickle",
}  # fmt: skip
MODULES_THAT_UNPICKLE = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve",
                         "marshal"}  # fmt: skip
# What runs code on purpose: the course's own and a learner's lab, in a process of its own; and the
# one sandbox for programs that a model wrote, which is a process within limits and hooks.
RUNS_LABS = {"learn/labs/bench.py": 4, "learn/course_check.py": 2, "core/host/confined.py": 2}
KEYWORDS = {"trust_remote_code", "allow_pickle", "shell"}  # only as False


def offences(source: str) -> list[str]:
    """What could run code from data, with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in CALLS or called.split(".")[0] in MODULES_THAT_UNPICKLE:
                found.append(f"{line} {called}(")
            for keyword in node.keywords:
                if keyword.arg in KEYWORDS and ast.unparse(keyword.value) != "False":
                    found.append(f"{line} {keyword.arg}={ast.unparse(keyword.value)}")
        elif isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            found += [f"{line} import {name}" for name in sorted(names & MODULES_THAT_UNPICKLE)]
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            if (node.module or "").split(".")[0] in MODULES_THAT_UNPICKLE or names & CALLS:
                found.append(f"{line} from {node.module}")
    return found


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(path)", "torch.load(path, weights_only=True)", "import pickle",
        "from pickle import loads", "import joblib as j", "eval(text)", "exec(text)",
        "yaml.load(text, Loader=yaml.Loader)", "from yaml import unsafe_load",
        "AutoModel.from_pretrained(x, trust_remote_code=True)", "load(x, trust_remote_code=flag)",
        "np.load(path, allow_pickle=True)", "subprocess.run(text, shell=True)", "os.system(text)",
        "def f():\n    import dill",
    ],
)  # fmt: skip
def test_the_law_itself_catches(line: str) -> None:
    assert offences(line)


@pytest.mark.parametrize(
    "line",
    [
        "model.eval()", "yaml.safe_load(text)", "json.loads(text)", "re.compile(text)",
        "safetensors.torch.load_file(path)", "load(x, trust_remote_code=False)",
        "subprocess.run([a, b])", "'pickle files are refused'",
    ],
)  # fmt: skip
def test_the_law_itself_spares(line: str) -> None:
    assert offences(line) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_nothing_in_the_source_can_run_code_from_data(path: Path) -> None:
    found = offences(path.read_text(encoding="utf-8"))
    name = path.relative_to(SOURCE).as_posix()
    assert len(found) == RUNS_LABS.get(name, 0), found
    assert all("exec(" in call or "compile(" in call for call in found)
