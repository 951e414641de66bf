"""A task of the harness with our rows: templates, samplers, filters and metrics stay its own."""

from __future__ import annotations

import contextlib
import io
import logging
import random
from collections.abc import Iterator, Mapping
from typing import Any

from practicum.core.errors import PracticumError
from practicum.evaluate.tasks.rows import Location, Needs, n_shots, needs, read_rows
from practicum.evaluate.tasks.source import Catalogue

SHOTS_SEED = 1234  # the harness's own, for a seed of 0
SPLITS = ("training_split", "validation_split", "test_split", "fewshot_split")


@contextlib.contextmanager
def quietly(*, online: bool = False) -> Iterator[None]:
    """A block in which the harness says nothing, reaches no network and leaves no trace in the
    state of `random`; templates of tasks run in Jinja's sandbox."""
    import datasets
    import huggingface_hub.constants as hub
    import lm_eval.utils as harness
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    state, log, bars = random.getstate(), logging.getLogger("lm_eval"), datasets.utils
    level, shown = log.level, not bars.are_progress_bars_disabled()
    kept = hub.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    if not isinstance(harness.env, ImmutableSandboxedEnvironment):
        safe = ImmutableSandboxedEnvironment(undefined=harness.env.undefined,
                                             keep_trailing_newline=True)  # fmt: skip
        safe.filters.update(harness.env.filters)
        harness.env = safe
    try:
        log.setLevel(logging.CRITICAL)
        bars.disable_progress_bars()
        if not online:
            hub.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
        random.seed(0)  # as the harness before it loads tasks: some shuffle their choices
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        hub.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = kept
        if shown:
            bars.enable_progress_bars()
        log.setLevel(level)
        random.setstate(state)


def build(
    name: str, catalogue: Catalogue, location: Location, *, shots: int | None = None, seed: int = 0
) -> Any:
    """The harness's task object over the rows of a location, ready to make requests.

    Raises  PracticumError for what cannot be run here: images, unsafe code, downloaded metrics,
            more shots than there are examples; and whatever the task's own code raises.
    """
    from lm_eval.api.task import ConfigurableTask

    with quietly(online=location.source == "hub"):
        config = dict(catalogue.config(name, functions=True))
        _refuse(name, config)
        config["num_fewshot"] = n_shots(config, shots)
        wanted = needs(config, config["num_fewshot"])
        table = _table(location, wanted, config)
        config["custom_dataset"] = lambda **_: table
        _forget_missing(config, table)
        config["metadata"] = m if isinstance(m := config.get("metadata"), dict) else {}
        task = ConfigurableTask(config=config)
        _fit_shots(name, task, location, config["num_fewshot"])
        task.set_fewshot_seed(seed=SHOTS_SEED + seed)
    return task


def _refuse(name: str, config: Mapping[str, Any]) -> None:
    from lm_eval.api.registry import METRIC_REGISTRY

    if "class" in config:
        raise PracticumError(f"{name}: a task that is a Python class is not run here")
    if config.get("doc_to_image") or config.get("doc_to_audio"):
        raise PracticumError(f"{name}: the task needs images or sound")
    if config.get("unsafe_code"):
        raise PracticumError(f"{name}: the task runs what the model writes", hint="humaneval")
    for entry in config.get("metric_list") or ():
        metric = entry.get("metric")
        own = config.get("process_results") or not isinstance(metric, str)
        if entry.get("hf_evaluate") or not (own or metric in METRIC_REGISTRY):
            raise PracticumError(f"{name}: the metric {metric} would be downloaded as code")


def _table(location: Location, wanted: Needs, config: Mapping[str, Any]) -> Any:
    """The rows as the harness's dataset library holds them."""
    from datasets import Dataset, DatasetDict, load_dataset

    if location.source == "hub":
        options = {k: v for k, v in (config.get("dataset_kwargs") or {}).items()
                   if k != "trust_remote_code"}  # fmt: skip
        return load_dataset(location.dataset, location.name, **options)
    rows = read_rows(location, wanted)
    return DatasetDict({split: Dataset.from_list(found) for split, found in rows.items() if found})


def _forget_missing(config: dict[str, Any], table: Mapping[str, Any]) -> None:
    """Splits that nothing is read from need not be there."""
    for key in SPLITS:
        if config.get(key) and config[key] not in table:
            config[key] = None
    given = config.get("fewshot_config")
    if isinstance(given, dict) and given.get("split") not in (None, *table):
        config["fewshot_config"] = {k: v for k, v in given.items() if k != "split"}


def _fit_shots(name: str, task: Any, location: Location, shots: int) -> None:
    """Cut the shots of a mini pack to its examples; elsewhere too few are a mistake."""
    if not shots:
        return
    # Where the harness takes examples and questions for one split (also when both are unnamed) it
    # draws one more, to leave out the question itself.
    spare = task.fewshot_cfg.split == task.config.test_split
    examples = max(0, len(task.sampler.df) - spare)
    if examples >= shots:
        return
    if location.source != "mini":
        raise PracticumError(f"{name}: {shots} shots, and {examples} examples to take them from")
    task.set_config(key="num_fewshot", value=examples)
