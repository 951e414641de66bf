"""The tutor: a dock on every page and a page of its own, with the same pieces."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from practicum.core.errors import PracticumError
from practicum.web.live import events, from_thread, pieces
from practicum.web.render import page, part, reply
from practicum.web.studio import Studio

if TYPE_CHECKING:
    from practicum.core.messages import Chat
    from practicum.tutor.tutor import Answer

router = APIRouter()
KEPT = 20  # answers that stay in the dock while one moves from page to page
LONGEST = 2000  # characters of a question


class Talk:
    """What was asked since the start, and the engine that phrases, opened when it is first needed."""

    def __init__(self) -> None:
        self.answers: OrderedDict[int, Answer] = OrderedDict()
        self.n_asked = 0
        self._lock = threading.Lock()
        self._speaking = threading.Lock()  # one answer is phrased at a time: one engine, two cores
        self._open = ExitStack()
        self._spec = "none"
        self._chat: Chat | None = None

    def keep(self, answer: Answer) -> int:
        """Remember an answer; its number."""
        with self._lock:
            self.n_asked += 1
            self.answers[self.n_asked] = answer
            while len(self.answers) > KEPT:
                self.answers.popitem(last=False)
            return self.n_asked

    def phrased(self, answer: Answer, spec: str, studio: Studio) -> Iterator[str]:
        """The answer in a model's words, piece by piece; nothing without a model."""
        from practicum.tutor.phrase import open_backend, phrased

        with self._speaking:
            if spec != self._spec:
                self._open.close()
                self._chat = self._open.enter_context(open_backend(spec, studio.store))
                self._spec = spec
            if self._chat is not None:
                yield from phrased(answer, self._chat)


def talk_of(request: Request) -> Talk:
    """The conversation of this server."""
    state = request.app.state
    if not hasattr(state, "talk"):
        state.talk = Talk()
    talk: Talk = state.talk
    return talk


def told(request: Request) -> dict[str, Any]:
    """What the dock and the page show."""
    studio: Studio = request.app.state.studio
    return {
        "answers": list(talk_of(request).answers.items()),
        "is_ready": studio.tutor.is_ready,
        "model": studio.settings.model,
        "states": states_of(studio),
    }


def states_of(studio: Studio) -> dict[str, str]:
    """Concept id → the state of its station."""
    record, now = studio.learner.record(), datetime.now(UTC)
    return {id: standing.state(now) for id, standing in record.standings.items()}


@router.get("/dock", response_class=HTMLResponse)
def dock(request: Request) -> str:
    """The inside of the dock; the tutor's models are warmed while the question is typed."""
    studio: Studio = request.app.state.studio
    if studio.tutor.is_ready:
        threading.Thread(target=studio.tutor.warm, daemon=True).start()
    return str(part("_dock.html", **told(request)))


@router.get("/ask", response_class=HTMLResponse)
def ask_page(request: Request, q: str = "") -> HTMLResponse:
    """The tutor on a page of its own; `q` fills the question in."""
    return page(request, "ask.html", title="Ask the tutor", q=q[:LONGEST], **told(request))


@router.post("/ask")
def ask(request: Request, given: dict[str, Any]) -> JSONResponse:
    """Ask: quotes with their places, or that the course does not say."""
    studio: Studio = request.app.state.studio
    question = str(given.get("question", "")).strip()[:LONGEST]
    if not question:
        raise PracticumError("the question is empty")
    from practicum.tutor.quiz_me import wanted_topic

    topic = wanted_topic(question, studio.tutor)
    if topic is not None:
        return reply(go=f"/quiz?topic={topic.slug}")
    answer = studio.tutor.ask(question)
    number = talk_of(request).keep(answer)
    told = {"model": studio.settings.model, "states": states_of(studio)}
    return reply(answer=part("_answer.html", number=number, answer=answer, **told), number=number)


@router.post("/ask/phrase/{number}")
async def phrase(request: Request, number: int) -> Response:
    """The answer in the chosen model's words, streamed as text."""
    studio: Studio = request.app.state.studio
    talk = talk_of(request)
    if number not in talk.answers:
        raise PracticumError("that answer is not kept any more", hint="ask again")
    answer = talk.answers[number]
    words = talk.phrased(answer, studio.settings.model, studio)
    return StreamingResponse(_until_error(words), media_type="text/plain; charset=utf-8")


async def _until_error(words: Iterator[str]) -> AsyncIterator[str]:
    try:
        async for word in pieces(words):
            yield word
    except PracticumError as error:  # the quotes stand; only their phrasing is missing
        yield f"\n(The model did not answer: {error})"


@router.post("/ask/prepare")
def prepare(request: Request) -> JSONResponse:
    """Agree to fetch the tutor's models; /ask/preparing tells how far it is."""
    return reply(listen="/ask/preparing")


@router.get("/ask/preparing")
async def preparing(request: Request) -> Response:
    """Fetch the models and build the index, telling how far it is; safe to ask twice."""
    studio: Studio = request.app.state.studio

    def work(tell: Any) -> None:
        studio.tutor.prepare(lambda event: tell(_said(event)))

    async def values() -> AsyncIterator[dict[str, Any]]:
        try:
            async for value in from_thread(work):
                if value:
                    yield value
            yield {"say": "The tutor is ready.", "end": True}
        except PracticumError as error:
            yield {"say": str(error), "end": True, "failed": True}

    return events(request, values())


def _said(event: Any) -> dict[str, Any] | None:
    from practicum.core.events import Note, Progress

    if isinstance(event, Note):
        return {"say": event.text}
    if isinstance(event, Progress):
        return {"done": event.done, "total": event.total, "say": f"{event.done:g} {event.unit}"}
    return None
