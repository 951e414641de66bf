"""Tools: a form for every stage, its plan, and the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from practicum.core.errors import UnknownReference
from practicum.core.stage import Stage, available_threads, find_stage, stages
from practicum.web.render import page, part, reply
from practicum.web.studio import Studio
from practicum.web.tools import recipes
from practicum.web.tools.asked import Planned, planned, read_form
from practicum.web.tools.forms import OTHER, fields_of, inputs_of
from practicum.web.tools.told import free_name

router = APIRouter()
router.include_router(recipes.router)  # before the tools: its address looks like one of theirs

GROUPS = (
    ("Begin", ("import", "pretrain", "data")),
    ("Change", ("finetune", "align", "reward", "reinforce", "merge", "quantize")),
    ("Measure", ("evaluate", "benchmark", "talk")),
)
# Kind → the tools that make it from nothing or nearly so.
MAKERS = {"model": ("import", "pretrain"), "chat": ("data",), "pairs": ("data",),
          "text": ("data",), "report": ("evaluate",), "adapter": ("finetune", "reward")}  # fmt: skip
SUMS = ("{chain_sum: {train: 400, validation: 40, test: 100, "
        "settings: {min_terms: 2, max_terms: 2, min_digits: 1, max_digits: 2}}}")  # fmt: skip


@dataclass(frozen=True)
class About:
    """What to say of a tool besides its schema: a line, a name for what it makes, words on its
    inputs, and beginnings that work."""

    title: str
    line: str
    names: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    starts: tuple[tuple[str, Mapping[str, str]], ...] = ()


ABOUT = {
    "import": About(
        "Import", "A model from the hub, the Python registry or a file, as plain safetensors.",
        "base", {"file": "A GGUF file, to be turned back into safetensors."},
        (("SmolLM2, 135 M parameters, instruct", {"source": "smollm2-135m-instruct"}),),
    ),
    "pretrain": About(
        "Pretrain", "A tiny Llama-shaped model and its tokenizer, trained from nothing.", "tiny",
        {"texts": "What it reads. Empty: Shakespeare, which ships with us."},
        (("Half a minute on a laptop", {"updates": "80", "n_vocab": "512", "context": "64"}),
         ("A few minutes, clearly better", {"updates": "600"})),
    ),
    "data": About(
        "Data", "Chats, preference pairs or texts: deduplicated, decontaminated, in splits.",
        "lessons",
        {"rows": "Your own .jsonl or .json (OpenAI messages, ShareGPT, Alpaca, prompt and completion, "
         "pairs, KTO, text) or .txt.",
         "against": "Chats whose test questions must not appear in these rows.",
         "model": "For pairs: this model's own mistakes become the rejected answers."},
        (("Sums, as chats", {"tasks": SUMS}),
         ("Sums, as preference pairs", {"form": "pairs", "tasks": SUMS, "name": "pairs"}),
         ("Encyclopedia texts", {"form": "text", "articles": "{train: 200, test: 60}",
                                 "name": "prose"})),
    ),
    "finetune": About(
        "Fine-tune", "A model tuned on chats: adapters, a 4-bit base, or every weight.", "tuned",
        {"model": "The model to tune.", "chats": "What it learns from."},
    ),
    "align": About(
        "Align", "A model aligned with preference pairs: DPO, IPO, KTO, ORPO, SimPO.", "aligned",
        {"model": "The model to align.", "pairs": "For each question a better and a worse answer."},
    ),
    "reward": About(
        "Reward", "An adapter that judges answers as preference pairs do.", "judge",
        {"model": "The model that learns to judge.", "pairs": "What is better and what is worse."},
    ),
    "reinforce": About(
        "Reinforce", "A model that learns from rewards for its own answers: GRPO or PPO.", "reinforced",
        {"model": "The model to improve.", "chats": "Questions; their answers decide the reward.",
         "judge": "A reward model of the same base, instead of a rule."},
    ),
    "merge": About(
        "Merge", "One model out of several that share a base, tensor by tensor.", "merged",
        {"models": "Two or more, tuned from one base."},
    ),
    "quantize": About(
        "Quantize", "A model in fewer bits, as a GGUF file that llama.cpp runs.", "small",
        {"model": "The model to make smaller."},
    ),
    "evaluate": About(
        "Evaluate", "A model's scorecard: accuracy, likelihood, speed, size, with intervals.",
        "score",
        {"model": "The model to measure.", "chats": "Questions; only their test split is asked.",
         "texts": "Held-out texts, for perplexity.",
         "parent": "How far it moved from this model on the texts.",
         "baseline": "The parent's evaluation, for a paired test of the gain."},
    ),
    "benchmark": About(
        "Benchmark", "A model's scores on suites of public tasks, with n and intervals.", "bench",
        {"model": "The model to measure.", "adapter": "An adapter to lay over it."},
        (("Three minutes of the three suites", {"suite": "nous,openllm,eq-bench",
                                                "budget": "3m"}),),
    ),
    "talk": About(
        "Talk", "Two models answer the same prompts, side by side.", "talk",
        {"first": "Answers first.", "last": "Answers beside it."},
    ),
}  # fmt: skip


def about(stage: Stage) -> About:
    """What to say of a tool; of a third party's, what its docstring says."""
    line = (type(stage).__doc__ or stage.name).strip().split("\n")[0]
    return ABOUT.get(stage.name) or About(stage.name.capitalize(), line, stage.name)


def stage_of(name: str) -> Stage:
    """The stage of that name.  Raises UnknownReference when there is none: the page is not there."""
    if name not in stages():
        raise UnknownReference(f"there is no tool '{name}'", hint="/tools lists them")
    return find_stage(name)


def tool_link(stage: str, **given: str) -> str:
    """The address of a tool with these values filled in."""
    return f"/tools/{stage}?{urlencode(given)}" if given else f"/tools/{stage}"


@router.get("/tools", response_class=HTMLResponse)
def tools(request: Request) -> HTMLResponse:
    """Every tool as a card, and what to begin with."""
    studio: Studio = request.app.state.studio
    known = {name for _, names in GROUPS for name in names}
    more = tuple(name for name in stages() if name not in known)
    groups = [
        (title, [(find_stage(name), about(find_stage(name))) for name in names])
        for title, names in (*GROUPS, *([("More", more)] if more else []))
    ]
    kinds = {artifact.kind for artifact in studio.store.artifacts()}
    return page(request, "tools.html", title="Tools", groups=groups, kinds=kinds)


@router.get("/tools/{name}", response_class=HTMLResponse)
def tool(request: Request, name: str) -> HTMLResponse:
    """A tool's form; the query fills it in."""
    studio: Studio = request.app.state.studio
    stage = stage_of(name)
    told = about(stage)
    query = request.query_params
    given = {slot.name: query.getlist(slot.name) for slot in stage.takes}
    return page(
        request, "tool.html", title=told.title, stage=stage, about=told, other=OTHER,
        fields=fields_of(stage, dict(query)),
        inputs=inputs_of(stage, studio.store, given, MAKERS),
        starts=[(label, tool_link(name, **values)) for label, values in told.starts],
        name=query.get("name") or free_name(told.names, studio.store),
        seed=query.get("seed", ""), threads=query.get("threads", ""),
        n_threads=available_threads(), is_fresh=not query,
    )  # fmt: skip


@router.post("/tools/{name}/plan")
def plan(request: Request, name: str, given: dict[str, Any]) -> Response:
    """What the work would be: every complaint at its field, cost, recipe and command line."""
    studio: Studio = request.app.state.studio
    found = planned(read_form(stage_of(name), given), studio.store)
    return reply(html=_pieces(found, bool(given.get("fresh"))))


@router.post("/tools/{name}/run")
def run(request: Request, name: str, given: dict[str, Any]) -> Response:
    """Put the work into the queue, or say everything that is wrong with it."""
    studio: Studio = request.app.state.studio
    found = planned(read_form(stage_of(name), given), studio.store)
    if found.wrong:
        n = len(found.wrong)
        words = "one thing is" if n == 1 else f"{n} things are"
        return reply(html=_pieces(found), say=f"Nothing was started: {words} to fix first.")
    job = studio.queue.add(found.intent)
    return reply(go=f"/runs/{job.id}")


def _pieces(found: Planned, is_fresh: bool = False) -> dict[str, str]:
    """The plan, and beside every field what is wrong with it."""
    stage = found.asked.stage
    spots = [*(s.name for s in stage.takes), *stage.Params.model_fields, "name", "seed", "threads"]
    told: dict[str, str] = {
        "#plan": str(part("_plan.html", found=found, is_fresh=is_fresh, spots=spots,
                          has_verb="practicum life" not in found.command))
    }  # fmt: skip
    for spot in spots:
        wrong = [] if is_fresh else [c for c in found.wrong if c.where == spot]
        told[f"#wrong-{spot}"] = str(part("_wrong.html", wrong=wrong))
    return told
