"""How `lm_eval --model practicum` comes to know the name.

The harness finds models in a list of its own and asks no installed package for more. So either

    python -m practicum.infer.lm_eval_door --model practicum --model_args pretrained=base …

which is `lm_eval` with the name added; or, with this package installed, `lm_eval` itself: torch
calls `when_torch_comes` while it is imported (an entry point of the group `torch.backends`),
and a harness that is being imported then gets the name. In every other program it does nothing.
"""

from __future__ import annotations

import sys
from contextlib import suppress

NAME, MODEL = "practicum", "practicum.infer.lm_eval_model:PracticumLM"


def register() -> None:
    """The name in the harness's list; the model behind it is imported when it is asked for."""
    import lm_eval.models  # type: ignore[import-not-found]  # noqa: F401 - fills the list first
    from lm_eval.api.registry import model_registry  # type: ignore[import-not-found]

    if NAME not in model_registry:
        model_registry.register(NAME, target=MODEL)


def when_torch_comes() -> None:
    """The name in the harness's list, if the harness is what imports torch."""
    if "lm_eval" in sys.modules:
        with suppress(Exception):  # torch would not start: whatever is wrong, it is not torch's
            register()


if __name__ == "__main__":
    from lm_eval.__main__ import cli_evaluate  # type: ignore[import-not-found]

    register()
    cli_evaluate()
