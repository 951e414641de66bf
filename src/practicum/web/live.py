"""Server-Sent Events: values that a page hears as they come."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

HEARTBEAT_S = 15.0  # a line now and then tells both ends that the other is still there
LOOK_S = 0.5  # how soon a stream notices that the listener has gone or that the server ends
_END = object()


def events(request: Request, values: AsyncIterator[dict[str, Any]]) -> StreamingResponse:
    """A stream of `data:` lines, one JSON value each, until the values or the listener end."""

    is_closing = getattr(request.app.state, "is_closing", lambda: False)

    async def lines() -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        source = values.__aiter__()
        waiting = asyncio.ensure_future(source.__anext__())
        said = time.monotonic()
        try:
            while not (is_closing() or await request.is_disconnected()):
                done, _ = await asyncio.wait({waiting}, timeout=LOOK_S)
                if done:
                    try:
                        value = waiting.result()
                    except StopAsyncIteration:
                        return
                    yield f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
                    waiting = asyncio.ensure_future(source.__anext__())
                elif time.monotonic() - said < HEARTBEAT_S:
                    continue
                else:
                    yield ": still here\n\n"
                said = time.monotonic()
        finally:
            waiting.cancel()

    return StreamingResponse(lines(), media_type="text/event-stream")


async def from_thread(work: Callable[[Callable[[Any], None]], Any]) -> AsyncIterator[Any]:
    """What `work(tell)` tells, from a thread of its own, then what it returns.

    The last value is `work`'s result; an exception in it is raised here.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Any] = asyncio.Queue()

    def tell(value: Any) -> None:
        loop.call_soon_threadsafe(told.put_nowait, value)

    def run() -> Any:
        try:
            return work(tell)
        finally:
            tell(_END)

    running = loop.run_in_executor(None, run)
    while (value := await told.get()) is not _END:
        yield value
    yield await running


async def pieces(values: Iterator[str]) -> AsyncIterator[str]:
    """An iterator that blocks, walked in a thread; it is closed when nobody listens any more."""
    gone = threading.Event()

    def walk(tell: Callable[[Any], None]) -> None:
        for value in values:
            if gone.is_set():
                break
            tell(value)
        if hasattr(values, "close"):
            values.close()

    try:
        async for value in from_thread(walk):
            if value is not None:
                yield value
    finally:
        gone.set()
