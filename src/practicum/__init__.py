"""Practicum: the LLM course you can run.

    import practicum as pr
    base = pr.import_model("smollm2-135m-instruct", name="base")
    tuned = pr.finetune("base", "chats.jsonl", name="tuned")

Every verb of the command line is a function here; nothing heavy is imported before its use.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from practicum.verbs import (
        align,
        benchmark,
        card,
        chat,
        data,
        evaluate,
        finetune,
        import_model,
        inspect,
        learner,
        life,
        merge,
        models,
        open_store,
        plan,
        pretrain,
        quantize,
        reinforce,
        resolve,
        reward,
        run,
        runs,
        talk,
        tree,
    )  # fmt: skip

__version__ = "0.1.0"
__all__ = [
    "align", "benchmark", "card", "chat", "data", "evaluate", "finetune", "import_model", "inspect",
    "learner", "life", "merge", "models", "open_store", "plan", "pretrain", "quantize", "reinforce",
    "resolve", "reward",
    "run", "runs", "talk", "tree",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in __all__:
        from practicum import verbs

        return getattr(verbs, name)
    raise AttributeError(f"module 'practicum' has no attribute '{name}'")


class _Package(ModuleType):
    """Rooms and verbs share names (`merge` is both). Python binds a room to this package when
    it is first imported, which would hide the verb half-way through a program; here the verb
    keeps the name, and a room is reached by its full path, as in `practicum.merge.methods`."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
