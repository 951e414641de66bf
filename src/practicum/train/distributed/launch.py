"""A recipe on several processes: the files that start them, and starting them.

torchrun starts processes on CPUs, accelerate on GPUs (which is torchrun below, and what a cluster's
people have a configuration of); both tell the processes the same by environment (ranks.py).
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import yaml

from practicum.core.errors import Complaint, PlanError
from practicum.core.recipe import Recipe
from practicum.core.store import write_atomically
from practicum.train.distributed.together import spreads

Engine = Literal["ddp", "fsdp", "deepspeed"]
PORT = 29400
ACCELERATE, DEEPSPEED, SKY = "accelerate.yaml", "deepspeed.json", "sky.yaml"


@dataclass(frozen=True)
class Launch:
    """Where a recipe runs.

    n_gpus       on each node; 0: processes on its CPU instead, `n_processes` of them
    zero         DeepSpeed's stage, 1 to 3
    node, main   this node's number, and the first one's address
    n_restarts   how often all processes start again after one has died; they go on from the checkpoint
    """

    recipe: Path
    engine: Engine = "ddp"
    n_nodes: int = 1
    n_gpus: int = 0
    n_processes: int = 2
    zero: int = 2
    node: int = 0
    main: str = "127.0.0.1"
    n_restarts: int = 0
    passed: tuple[str, ...] = ()

    @property
    def each(self) -> int:
        """Processes on a node."""
        return self.n_gpus or self.n_processes

    @property
    def world(self) -> int:
        """Processes altogether."""
        return self.each * self.n_nodes

    @property
    def stage(self) -> int:
        """What is split, as ZeRO counts."""
        return {"ddp": 0, "fsdp": 3, "deepspeed": self.zero}[self.engine]


def launch_complaints(recipe: Recipe, launch: Launch) -> list[Complaint]:
    """Everything that would make several processes useless or wrong for a recipe."""
    wrong = []
    if launch.engine == "deepspeed" and find_spec("deepspeed") is None:
        wrong.append(
            Complaint("deepspeed is not installed", hint="pip install 'practicum[deepspeed]'")
        )
    trained = [step for step in recipe.steps if spreads(step.stage)]
    if not trained:
        wrong.append(Complaint("no step of this recipe trains on several processes (finetune and "
                               "align do)", str(launch.recipe), f"practicum life {launch.recipe}"))  # fmt: skip
    for step in trained:
        method, rows = (getattr(step.params, name) for name in ("method", "rows_per_update"))
        place = recipe.where(("steps", step.name))
        if rows < launch.world:
            wrong.append(Complaint(f"{step.name}: {rows} rows in an update, {launch.world} processes: "
                                   "some would compute nothing", place,
                                   f"rows_per_update: {launch.world}"))  # fmt: skip
        if method == "qlora" and launch.engine != "ddp":
            wrong.append(Complaint(f"{step.name}: {launch.engine} does not split weights of 4 bits",
                                   place, "--engine ddp, or method: lora"))  # fmt: skip
    return wrong


def files_of(launch: Launch) -> dict[str, str]:
    """The files that a cluster's people want to see, by name."""
    files = {ACCELERATE: yaml.safe_dump(accelerate_config(launch), sort_keys=False)}
    if launch.engine == "deepspeed":
        files[DEEPSPEED] = json.dumps(deepspeed_config(launch.zero, 1.0), indent=1) + "\n"
    return files


def accelerate_config(launch: Launch) -> dict[str, Any]:
    """What `accelerate launch --config_file` reads."""
    kind = {"fsdp": "FSDP", "deepspeed": "DEEPSPEED"}.get(
        launch.engine, "MULTI_GPU" if launch.n_gpus else "MULTI_CPU"
    )
    told: dict[str, Any] = {
        "compute_environment": "LOCAL_MACHINE", "distributed_type": kind, "mixed_precision": "no",
        "use_cpu": not launch.n_gpus, "num_machines": launch.n_nodes, "machine_rank": launch.node,
        "num_processes": launch.world, "main_process_ip": launch.main,
        "main_process_port": PORT, "rdzv_backend": "static", "same_network": True,
    }  # fmt: skip
    if launch.engine == "fsdp":
        told["fsdp_config"] = {"fsdp_version": 2, "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
                               "fsdp_reshard_after_forward": True,
                               "fsdp_state_dict_type": "FULL_STATE_DICT"}  # fmt: skip
    if launch.engine == "deepspeed":
        told["deepspeed_config"] = {"zero_stage": launch.zero}
    return told


def deepspeed_config(stage: int, clip: float) -> dict[str, Any]:
    """What DeepSpeed is told. Batches, accumulation and rates are the loop's."""
    return {
        "train_micro_batch_size_per_gpu": 1, "gradient_accumulation_steps": 1,
        "gradient_clipping": clip, "zero_allow_untested_optimizer": True,
        "zero_optimization": {"stage": stage, "contiguous_gradients": False,
                              "overlap_comm": False},
    }  # fmt: skip


def command_of(launch: Launch, folder: Path) -> list[str]:
    """The command that starts this node's processes; `folder` holds the files."""
    work = ["-m", "practicum.cli.main", "life", str(launch.recipe), *launch.passed]
    if launch.n_gpus:
        return [sys.executable, "-m", "accelerate.commands.launch", "--config_file",
                str(folder / ACCELERATE), "--max_restarts", str(launch.n_restarts), *work]  # fmt: skip
    return [sys.executable, "-m", "torch.distributed.run", "--nnodes", str(launch.n_nodes),
            "--nproc-per-node", str(launch.each), "--node-rank", str(launch.node),
            "--master-addr", launch.main, "--master-port", str(PORT),
            "--max-restarts", str(launch.n_restarts), *work]  # fmt: skip


def environment_of(launch: Launch, folder: Path) -> dict[str, str]:
    """What the processes are told besides; accelerate tells the engine itself."""
    told = {"fsdp": {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"},
            "deepspeed": {"ACCELERATE_USE_DEEPSPEED": "true",
                          "ACCELERATE_DEEPSPEED_ZERO_STAGE": str(launch.zero)}}  # fmt: skip
    found = dict(told.get(launch.engine, {}))
    if launch.engine == "deepspeed" and not launch.n_gpus:
        found["DS_ACCELERATOR"] = "cpu"
        # Killed while it builds, DeepSpeed leaves a lock that later runs wait for without a word.
        found["TORCH_EXTENSIONS_DIR"] = str(folder / "extensions")
    return found


def sky_task(launch: Launch, accelerator: str) -> str:
    """A SkyPilot task that launches this recipe on rented machines.

    The store is a bucket that all nodes mount: what was made stays when the machines are gone.
    """
    name = launch.recipe.stem
    run = " ".join(
        ["practicum launch", shlex.quote(launch.recipe.name), "--engine", launch.engine,
         *(["--zero", str(launch.zero)] if launch.engine == "deepspeed" else []),
         "--nodes $SKYPILOT_NUM_NODES --gpus $SKYPILOT_NUM_GPUS_PER_NODE",
         "--node $SKYPILOT_NODE_RANK --main $(echo \"$SKYPILOT_NODE_IPS\" | head -n 1)",
         f"--restarts {max(launch.n_restarts, 2)}", *map(shlex.quote, launch.passed)]
    )  # fmt: skip
    extra = "[deepspeed]" if launch.engine == "deepspeed" else ""
    task: dict[str, Any] = {
        "name": name,
        "num_nodes": launch.n_nodes,
        "resources": {"accelerators": f"{accelerator}:{max(1, launch.n_gpus)}", "use_spot": True,
                      "disk_size": 256},
        "workdir": ".",
        "envs": {"PRACTICUM_HOME": "/store"},
        "file_mounts": {"/store": {"name": f"practicum-{name}", "mode": "MOUNT"}},
        "setup": f"pip install 'practicum{extra}'\n",
        "run": f"{run}\n",
    }  # fmt: skip
    return yaml.safe_dump(task, sort_keys=False, width=1000)


def write_files(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write them, each at once."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_atomically(folder / name, text)
    return [folder / name for name in files]


def check(recipe: Recipe, launch: Launch) -> None:
    """Raises PlanError with every complaint, before anything is written or started."""
    wrong: Sequence[Complaint] = launch_complaints(recipe, launch)
    if wrong:
        raise PlanError(*wrong)
