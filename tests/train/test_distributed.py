"""Several processes train as one would: the same curve, the same weights, each with its part."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file

from practicum import verbs
from practicum.core.errors import PlanError
from practicum.core.events import Note
from practicum.core.messages import Conversation, Message, Pair, write_rows
from practicum.core.recipe import parse_recipe
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.models.shapes import Memory
from practicum.train.distributed.launch import (
    Launch,
    accelerate_config,
    check,
    command_of,
    environment_of,
    sky_task,
)

ENGINES = {"ddp": {}, "fsdp": {"ACCELERATE_USE_FSDP": "true"}}
ZERO = {f"zero{n}": {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": str(n),
                     "DS_ACCELERATOR": "cpu"} for n in (1, 2, 3)}  # fmt: skip
ROWS_PER_UPDATE = 3  # no multiple of two ranks: one of them computes a row of weight 0


def chats(n: int) -> list[Conversation]:
    return [
        Conversation(messages=(Message(role="user", content=f"what is {i} + {i % 7}?"),
                               Message(role="assistant", content=str(i + i % 7))))
        for i in range(n)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def world(tiny: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A recipe that tunes by adapter, tunes every weight and aligns; made by one process and by two."""
    folder = tmp_path_factory.mktemp("ranks")
    write_rows(folder / "chats.jsonl", chats(60))
    write_rows(folder / "pairs.jsonl", [
        Pair(prompt=c.messages[:1], chosen=c.messages[1].content, rejected="I do not know")
        for c in chats(30)])  # fmt: skip
    small = {"row_tokens": 64, "rows_per_update": ROWS_PER_UPDATE}
    steps = {
        "lora": {"stage": "finetune", "inputs": ["base", str(folder / "chats.jsonl")], "params": small},
        "whole": {"stage": "finetune", "inputs": ["base", str(folder / "chats.jsonl")],
                  "params": {**small, "method": "full"}},
        "aligned": {"stage": "align", "inputs": ["lora", str(folder / "pairs.jsonl")], "params": small},
    }  # fmt: skip
    recipe = folder / "ranks.yaml"
    recipe.write_text(yaml.safe_dump({"practicum": 1, "title": "Ranks", "steps": steps}), "utf-8")
    found: dict[str, Any] = {"recipe": recipe, "folder": folder, "base": tiny.artifact.folder}
    found["one"] = home_of(found, "one")
    verbs.life(recipe, home=found["one"], threads=1)
    for engine in ENGINES:
        found[engine] = home_of(found, engine)
        done = started(engine, found, found[engine])
        assert done.returncode == 0, done.stderr[-3000:]
    return found


def home_of(world: dict[str, Any], name: str) -> Path:
    home = Path(world["folder"], name)
    verbs.import_model(world["base"], name="base", home=home)
    return home


def started(
    engine: str, world: dict[str, Any], home: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
               str(Path(__file__).with_name("one_rank.py")), str(world["recipe"]), str(home), *more]  # fmt: skip
    environment = {**os.environ, **(ENGINES | ZERO)[engine], "OMP_NUM_THREADS": "1",
                   "TORCH_EXTENSIONS_DIR": str(world["folder"] / "extensions")}  # fmt: skip
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500,
                          check=False)  # fmt: skip


def curve(home: Path, step: str) -> list[float]:
    store = Store(home)
    made = store.resolve(step).digest
    (run,) = (r for r in store.runs() if r.output == made)
    return [value for _, value in run.report.curves["training loss"]]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("step", ["lora", "whole", "aligned"])
def test_two_processes_have_the_loss_curve_of_one(world: Any, engine: str, step: str) -> None:
    alone = curve(world["one"], step)
    assert len(alone) > 3
    assert curve(world[engine], step) == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_they_write_is_the_model_that_one_process_writes(world: Any, engine: str) -> None:
    for step in ("whole", "aligned"):
        mine, other = (weights(world[home], step) for home in ("one", engine))
        assert mine.keys() == other.keys()
        for name, value in mine.items():
            assert (value - other[name]).abs().max() < 1e-4, name


def weights(home: Path, step: str) -> dict[str, Any]:
    return load_file(verbs.resolve(step, home).path("model.safetensors"))


def held(home: Path) -> list[dict[str, int]]:
    return [json.loads(Path(home, f"rank{i}.json").read_text("utf-8")) for i in range(2)]


def test_each_rank_holds_what_zero_predicts(world: Any, tiny: Made) -> None:
    n = tiny.artifact.meta["n_parameters"]
    shape = Memory(0.0, 4.0 * n, 8.0 * n, 4.0 * n, 0.0)  # every weight in float32
    for engine, stage in (("ddp", 0), ("fsdp", 3)):
        predicted = shape.of_a_rank(2, stage)
        for rank in held(world[engine]):
            whole = rank["whole"]
            assert whole["weights"] == pytest.approx(predicted.trained, rel=0.1)
            assert whole["gradients"] == pytest.approx(predicted.gradients, rel=0.1)
            assert whole["moments"] == pytest.approx(predicted.optimizer, rel=0.1)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_worker_costs_nothing_that_was_kept(world: Any, engine: str) -> None:
    home = home_of(world, f"{engine}-killed")
    killed = started(engine, world, home, "4")
    assert killed.returncode != 0
    assert not Store(home).names().get("lora")
    # Who goes on need not be as many: what is kept is whole.
    resumed = started(engine, world, home) if engine == "ddp" else None
    if resumed is None:
        notes: list[Any] = []
        verbs.life(world["recipe"], home=home, threads=1, listen=notes.append)
        assert any(isinstance(e, Note) and "resuming at update" in e.text for e in notes)
    else:
        assert resumed.returncode == 0, resumed.stderr[-3000:]
        steps = held(home)[0]["lora"]["steps"]
        assert steps < len(curve(world["one"], "lora"))  # the rest was taken up
    for step in ("lora", "whole", "aligned"):
        assert curve(home, step) == pytest.approx(curve(world["one"], step), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("stage", [1, 2, 3])
def test_deepspeed_learns_the_same_and_goes_on_after_a_kill(world: Any, stage: int) -> None:
    pytest.importorskip("deepspeed", reason="pip install 'practicum[deepspeed]'")
    home = home_of(world, f"zero{stage}")
    killed = started(f"zero{stage}", world, home, "4")
    assert killed.returncode != 0
    done = started(f"zero{stage}", world, home)
    assert done.returncode == 0, done.stderr[-3000:]
    assert held(home)[0]["lora"]["steps"] < len(curve(world["one"], "lora"))
    for step in ("lora", "whole", "aligned"):
        assert curve(home, step) == pytest.approx(curve(world["one"], step), abs=1e-5)


def test_the_command_itself_trains_on_two_processes(world: Any, tmp_path: Path) -> None:
    home = home_of(world, "launched")
    text = world["recipe"].read_text("utf-8").split("  whole:")[0]
    recipe = tmp_path / "short.yaml"
    recipe.write_text(text.replace("title: Ranks", "title: Short"), "utf-8")
    command = [sys.executable, "-m", "practicum.cli.main", "launch", str(recipe), "--home", str(home),
               "--engine", "fsdp", "--out", str(tmp_path / "launch")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("done ") == 1  # one of the two speaks
    assert curve(home, "lora") == pytest.approx(curve(world["one"], "lora"), abs=1e-5)
    assert yaml.safe_load((tmp_path / "launch" / "accelerate.yaml").read_text("utf-8"))


# -- before anything starts -----------------------------------------------------------------------


def recipe_with(world: Any, **params: Any) -> Any:
    body = yaml.safe_load(world["recipe"].read_text("utf-8"))
    body["steps"] = {"lora": body["steps"]["lora"]}
    body["steps"]["lora"]["params"].update(params)
    return parse_recipe(yaml.safe_dump(body), "ranks.yaml")


def test_what_several_processes_cannot_do_is_said_before_they_start(world: Any) -> None:
    with pytest.raises(PlanError) as few:
        check(recipe_with(world), Launch(Path("ranks.yaml"), n_processes=4))
    assert "3 rows in an update, 4 processes" in str(few.value)
    assert few.value.complaints[0].hint == "rows_per_update: 4"
    with pytest.raises(PlanError, match="fsdp does not split weights of 4 bits"):
        check(recipe_with(world, method="qlora"), Launch(Path("ranks.yaml"), "fsdp"))
    with pytest.raises(PlanError, match="no step of this recipe trains on several"):
        check(parse_recipe("practicum: 1\ntitle: T\nsteps:\n  rows: {stage: data}\n", "r.yaml"),
              Launch(Path("r.yaml")))  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "gpus"), [("ddp", 0), ("ddp", 4), ("fsdp", 8), ("deepspeed", 8)]
)
def test_accelerate_reads_what_is_written_as_it_is_meant(
    engine: Any, gpus: int, tmp_path: Path
) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    launch = Launch(Path("r.yaml"), engine, n_nodes=2, n_gpus=gpus, zero=3, node=1, main="10.0.0.1")
    path = tmp_path / "accelerate.yaml"
    path.write_text(yaml.safe_dump(accelerate_config(launch)), "utf-8")
    told = load_config_from_file(str(path))
    assert told.num_processes == 2 * (gpus or 2)
    assert (told.num_machines, told.machine_rank) == (2, 1)
    assert told.use_cpu == (gpus == 0)
    if engine == "fsdp":
        assert told.fsdp_config["fsdp_version"] == 2
    if engine == "deepspeed":
        assert told.deepspeed_config["zero_stage"] == 3
    assert "r.yaml" in command_of(launch, tmp_path)


def test_accelerate_tells_the_processes_what_torchrun_is_told_to_tell() -> None:
    from accelerate.commands.launch import launch_command_parser
    from accelerate.utils.launch import prepare_multi_gpu_env

    arguments = launch_command_parser().parse_args(
        ["--use_fsdp", "--fsdp_version", "2", "--num_processes", "2", "--num_machines", "1", "x.py"]
    )
    arguments.mixed_precision, arguments.dynamo_backend = "no", "no"
    told = prepare_multi_gpu_env(arguments)
    mine = environment_of(Launch(Path("r.yaml"), "fsdp"), Path("launch"))
    assert {k: told[k] for k in mine} == mine


def test_the_rented_machines_task_runs_this_command_on_every_node() -> None:
    task = yaml.safe_load(sky_task(Launch(Path("my tune.yaml"), "fsdp", 2, 8), "A100"))
    assert task["num_nodes"] == 2
    assert task["resources"]["accelerators"] == "A100:8"
    assert "practicum launch 'my tune.yaml' --engine fsdp" in task["run"]
    assert "--node $SKYPILOT_NODE_RANK" in task["run"]
    assert task["envs"]["PRACTICUM_HOME"] in task["file_mounts"]
