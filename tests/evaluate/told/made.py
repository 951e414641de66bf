"""Evaluations written by hand, for whoever tells them."""

from __future__ import annotations

import random

from practicum.evaluate.running.results import (
    Evaluation,
    Item,
    SuiteResult,
    TaskResult,
    score_interval,
)

EVIL = (
    "</table><script>alert(1)</script><img src=x onerror=alert(1)>\"'&| [x](http://e) \x1b[31m\n# h"
)


def task(name, share, n=60, *, metric="acc", source="files", chance=0.25, failed="", shots=0, seed=0,
         text="Which one?"):  # fmt: skip
    """A task of n yes-no items, about that share of them right."""
    rng = random.Random(f"{name}{seed}{share}")
    values = [float(rng.random() < share) for _ in range(n)]
    items = tuple(Item(id=f"{name}-{i}", asked=f"{text} {i}", expected=f"right {i}",
                       said=f"said {text}", values={metric: v}) for i, v in enumerate(values))  # fmt: skip
    score, ci95 = (None, None) if failed else score_interval(values)
    return TaskResult(task=name, version="1.0", metric=metric, score=score, ci95=ci95, n=n,
                      n_all=1000, n_shots=shots, chance=chance, source=source, items=items,
                      failed=failed)  # fmt: skip


def nous(model, level=0.4, source="files", seed=0, failed=(), n=60):
    """An evaluation shaped like the suite of four parts, and one more suite."""

    def one(name, add=0.0):
        return task(name, level + add, n, source=source, seed=seed,
                    failed="out of memory" if name in failed else "")  # fmt: skip

    parts = {
        "AGIEval": (one("agieval_sat_en"), one("agieval_sat_math", -0.1)),
        "GPT4All": (one("arc_easy", 0.2), one("boolq", 0.15), one("piqa", 0.25)),
        "TruthfulQA": (one("truthfulqa_mc2", 0.05),),
        "BigBench": (one("bbh_snarks"), one("bbh_navigate", 0.1)),
    }
    more = {"eq-bench": (one("eq_bench", -0.2),)}
    suites = (SuiteResult(suite="nous", parts=parts), SuiteResult(suite="eq-bench", parts=more))
    return Evaluation(model=model, digest=(model.encode().hex() * 64)[:64], suites=suites, seed=1,
                      budget="3m", seconds=171.2, versions={"practicum": "0.5", "lm_eval": "0.4.13"},
                      notes=("The model was asked without its chat template.",))  # fmt: skip
