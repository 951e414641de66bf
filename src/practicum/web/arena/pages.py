"""Arena: choose models, ask, read both answers without names, vote, see names and the ranking."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from markupsafe import Markup

from practicum.core.errors import PracticumError
from practicum.evaluate.judging.arena import LONGEST_NOTE, LONGEST_PROMPT, Duel
from practicum.web.arena.shown import chosen, fighters, picture, table
from practicum.web.live import events
from practicum.web.render import page, part, reply
from practicum.web.studio import Studio

router = APIRouter()
LENGTHS = (64, 128, 256, 512)  # tokens of an answer
LOOK_S = 0.2  # how soon a page hears that both answers are there
VOTES = (
    ("left", "Left is better", "ArrowLeft", "←"),
    ("tie", "Equally good", "ArrowDown", "↓"),
    ("both-bad", "Both are bad", "", ""),
    ("right", "Right is better", "ArrowRight", "→"),
)


@router.get("/models/arena", response_class=HTMLResponse)
def arena(request: Request) -> HTMLResponse:
    """The battle that waits, or a form for a new one, and the ranking so far."""
    studio: Studio = request.app.state.studio
    duel = studio.arena.arena.open_duel()
    return page(
        request, "arena.html", title="Arena", is_open=duel is not None,
        battle=_battle(studio, duel) if duel else _form(studio),
        ranking=_ranking(studio), n_known=len(fighters(studio.store)),
    )  # fmt: skip


@router.post("/models/arena/begin")
def begin(request: Request, given: dict[str, Any]) -> Response:
    """Draw two of the chosen models and let them write."""
    studio: Studio = request.app.state.studio
    waiting = studio.arena.arena.open_duel()
    if waiting is not None:  # begun in another tab
        return reply(html={"#battle": _battle(studio, waiting)}, say="This battle waits already.")
    among = [f for f in fighters(studio.store) if given.get(f"m-{f.digest}") is True]
    length = str(given.get("length", LENGTHS[1]))
    if length not in map(str, LENGTHS):
        raise PracticumError(f"an answer has {', '.join(map(str, LENGTHS))} tokens at most")
    duel = studio.arena.begin(among, str(given.get("prompt", "")), int(length))
    return reply(html={"#battle": _battle(studio, duel)})


@router.get("/models/arena/live/{duel_id}")
def live(request: Request, duel_id: str) -> StreamingResponse:
    """Both answers at one moment, so that speed gives no name away."""
    studio: Studio = request.app.state.studio

    async def values() -> AsyncIterator[dict[str, Any]]:
        while studio.arena.is_writing(duel_id):
            await asyncio.sleep(LOOK_S)
        duel = await asyncio.to_thread(studio.arena.arena.duel, duel_id)
        yield {"html": {"#battle": str(_battle(studio, duel))}, "end": True}

    return events(request, values())


@router.post("/models/arena/stop")
def stop(request: Request) -> Response:
    """Stop the writing; the page hears of it over its stream."""
    studio: Studio = request.app.state.studio
    studio.arena.stop()
    return reply(say="Stopping.")


@router.post("/models/arena/again")
def again(request: Request, given: dict[str, Any]) -> Response:
    """Let the same two answer once more."""
    studio: Studio = request.app.state.studio
    duel_id = str(given.get("battle", ""))
    studio.arena.again(duel_id)
    return reply(html={"#battle": _battle(studio, studio.arena.arena.duel(duel_id))})


@router.post("/models/arena/vote")
def vote(request: Request, given: dict[str, Any]) -> Response:
    """Keep the vote, then show who it was."""
    studio: Studio = request.app.state.studio
    log = studio.arena.arena
    duel = log.vote(str(given.get("battle", "")), str(given.get("vote", "")),
                    str(given.get("note", "")))  # fmt: skip
    if duel.vote == "skipped":
        return reply(html={"#battle": _form(studio)}, say="Skipped; it does not count.")
    told = part("_arena_told.html", duel=duel, names=log.names()) + _form(studio)
    return reply(html={"#battle": told, "#ranking": _ranking(studio)})


@router.get("/models/arena/plot", response_class=HTMLResponse)
def plot(request: Request) -> HTMLResponse:
    """The ranking drawn; apart from the page, because drawing takes its time."""
    from practicum.measure.page import plot_figure

    studio: Studio = request.app.state.studio
    found = table(studio.arena.arena)
    drawn = found.ranking is not None and found.has_intervals
    return HTMLResponse(plot_figure(picture(found.ranking)) if drawn and found.ranking else "")


@router.get("/models/arena/votes.jsonl")
def votes(request: Request) -> PlainTextResponse:
    """Every battle that has its vote, one a line; those that wait keep their names."""
    studio: Studio = request.app.state.studio
    rows = [
        {"id": d.id, "at_unix_s": d.at_unix_s, "prompt": d.prompt, "left": vars(d.left),
         "right": vars(d.right), "left_text": d.texts[0] if d.texts else None,
         "right_text": d.texts[1] if d.texts else None, "vote": d.vote, "note": d.note,
         "seed": d.seed, "sampling": d.sampling.model_dump()}
        for d in studio.arena.arena.duels() if d.vote is not None
    ]  # fmt: skip
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    headers = {"content-disposition": 'attachment; filename="votes.jsonl"'}
    return PlainTextResponse(text, media_type="application/jsonl", headers=headers)


def _form(studio: Studio) -> Markup:
    known = fighters(studio.store)
    before = studio.arena.arena.duels()
    last = before[-1] if before else None
    return part("_arena_form.html", known=known, chosen=chosen(known, last), lengths=LENGTHS,
                length=last.sampling.max_tokens if last else LENGTHS[1],
                longest=LONGEST_PROMPT)  # fmt: skip


def _battle(studio: Studio, duel: Duel) -> Markup:
    """A battle without names: being written, not written, or to be voted on."""
    return part("_arena_battle.html", id=duel.id, prompt=duel.prompt, texts=duel.texts,
                are_cut=duel.are_cut, n_tokens=duel.sampling.max_tokens,
                is_writing=studio.arena.is_writing(duel.id), votes=VOTES,
                wrong=studio.arena.failure(duel.id), longest_note=LONGEST_NOTE)  # fmt: skip


def _ranking(studio: Studio) -> Markup:
    return part("_arena_ranking.html", table=table(studio.arena.arena))
