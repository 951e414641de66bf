"""One of several processes that carry out a recipe: what it holds is told, and it may die on purpose.

usage: one_rank.py RECIPE HOME [UPDATES]   the last rank kills itself after so many updates
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch

from practicum import verbs
from practicum.train import loop
from practicum.train.distributed import ranks


def n_bytes(tensors: Any) -> int:
    """What is here of them: of a split tensor this rank's part."""
    local = (getattr(t, "_local_tensor", t) for t in tensors if t is not None)
    return sum(t.numel() * t.element_size() for t in local)


def main(recipe: str, home: str, dies_after: int) -> None:
    loop.CHECKPOINT_EVERY_S = 0.0  # after every update
    kind = type(ranks.ranks())
    step, train = kind.step, loop.train
    told: list[tuple[str, dict[str, int]]] = []

    def named(*args: Any, **options: Any) -> Any:
        told.append((args[5].step, {"steps": 0}))
        return train(*args, **options)

    def watched(here: Any, optimizer: Any, clip: float) -> None:
        weights = [p for g in optimizer.param_groups for p in g["params"]]
        now = {"weights": n_bytes(weights), "gradients": n_bytes(p.grad for p in weights)}
        step(here, optimizer, clip)
        moments = [v for s in optimizer.state.values() for v in s.values() if torch.is_tensor(v)]
        now |= {
            "moments": n_bytes(m for m in moments if m.dim()),
            "steps": told[-1][1]["steps"] + 1,
        }
        told[-1][1].update(now)
        if dies_after and now["steps"] > dies_after and here.rank == here.world - 1:
            os.kill(os.getpid(), signal.SIGKILL)  # as a machine dies

    kind.step = watched  # type: ignore[method-assign]
    loop.train = named
    verbs.life(recipe, home=home, threads=1)
    Path(home, f"rank{os.environ['RANK']}.json").write_text(json.dumps(dict(told)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
