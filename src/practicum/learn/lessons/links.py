"""Whether the map's links still lead somewhere. Needs the network, so only when asked."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from practicum.core.errors import Complaint
from practicum.learn.roadmap import Reference, Roadmap

AGENT = "practicum link check (one request a link)"
AT_ONCE = 8
REFUSES_ROBOTS = (401, 403, 405, 429, 999)  # the page is there; it does not talk to programs


@dataclass(frozen=True)
class Link:
    """One link, where it stands, and what its server said: an HTTP status, or 0 for no answer."""

    chapter: str
    url: str
    status: int
    said: str

    @property
    def is_broken(self) -> bool:
        """Whether a reader would find nothing."""
        return self.status not in REFUSES_ROBOTS and not 200 <= self.status < 400


def links_of(roadmap: Roadmap) -> Iterator[tuple[str, Reference]]:
    """Every link with its chapter: the chapter's references, then its concepts' sources."""
    for chapter in roadmap.chapters.values():
        for reference in chapter.references:
            yield chapter.slug, reference
        for concept in chapter.concepts:
            for reference in concept.links:
                yield chapter.slug, reference


def check_links(
    links: Sequence[tuple[str, Reference]], via: str = "", timeout_s: float = 20
) -> list[Link]:
    """Ask every address once, some at a time; `via` is put before each (a mirror, or a test)."""

    def ask(link: tuple[str, Reference]) -> Link:
        chapter, reference = link
        status, said = _status(via + reference.url, timeout_s)
        return Link(chapter, reference.url, status, said)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, links))


def doubled(roadmap: Roadmap) -> Iterator[Complaint]:
    """One address given for two different things in one concept: one of them is wrong."""
    for concept in roadmap.concepts.values():
        titles: dict[str, str] = {}
        for link in concept.links:
            other = titles.setdefault(link.url, link.title)
            if other != link.title:
                yield Complaint(f"{link.url} is given for '{other}' and for '{link.title}'",
                                where=f"roadmap.toml, {concept.slug}")  # fmt: skip


def _status(url: str, timeout_s: float) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"User-Agent": AGENT})  # noqa: S310 - checked below
    if not url.startswith(("https://", "http://")):
        return 0, "not a web address"
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
            return int(answer.status), "ok"
    except urllib.error.HTTPError as error:
        return error.code, str(error.reason)
    except (OSError, ValueError) as error:
        return 0, str(getattr(error, "reason", error))
