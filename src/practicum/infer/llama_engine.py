"""llama.cpp in this process, through xllamacpp: the engine of GGUF files."""

from __future__ import annotations

import json
import queue
import secrets
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from practicum.core.errors import PracticumError
from practicum.core.messages import Message, Reply, Sampling
from practicum.text.tokenizer import ChatTokenizer

SLOTS = 8  # answers under way together; more slots stopped paying on two cores
CONTEXT_PER_SLOT = 1024


class LlamaEngine:
    """Answers with llama.cpp. Prompts are rendered and tokenized by our one path and handed
    over as ids, so that both engines read exactly the same prompt.

    The library opens a server on a random port of 127.0.0.1; it is locked with a key that
    nobody is told, and closed with the engine.
    """

    def __init__(self, path: Path, tokenizer: ChatTokenizer, threads: int) -> None:
        import xllamacpp

        self.tokenizer = tokenizer
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_parallel = SLOTS
        params.n_ctx = SLOTS * CONTEXT_PER_SLOT
        params.kv_unified = True
        params.n_gpu_layers = 0
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        params.verbosity = -1
        params.warmup = False
        params.ui = False
        params.endpoint_slots = False
        params.port = 0
        self._key = secrets.token_hex(32)
        params.api_keys = [self._key]
        try:
            self._server: Any = xllamacpp.Server(params)
        except Exception as error:  # the binding raises bare RuntimeError for every cause
            raise PracticumError(
                f"llama.cpp cannot load {path} ({error})", hint="practicum models verify"
            ) from error

    def close(self) -> None:
        """Stop the server and free the model."""
        self._server = None

    def _request(self, ids: Any, sampling: Sampling) -> dict[str, Any]:
        return {
            "prompt": ids,
            "n_predict": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": 0,
            "min_p": 0.0,
            "seed": sampling.seed,
            "cache_prompt": True,
        }

    def reply(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling,
        heard: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """An answer to each prompt, in order; `heard(n)` is called as n more are finished."""
        encoded = [self.tokenizer.encode_prompt(p) for p in prompts]
        replies: list[Reply] = []
        for start in range(0, len(encoded), SLOTS * 4):
            batch = encoded[start : start + SLOTS * 4]
            answer = self._server.handle_completions(self._request(batch, sampling))
            if "choices" not in answer:
                raise PracticumError(f"llama.cpp refuses the prompt: {answer.get('error', answer)}")
            choices = sorted(answer["choices"], key=lambda c: c["index"])
            for ids, choice in zip(batch, choices, strict=True):
                stopped = choice["finish_reason"] == "stop"
                n_tokens = len(self.tokenizer.encode(choice["text"])) + stopped
                replies.append(
                    Reply(text=choice["text"], n_prompt_tokens=len(ids), n_tokens=n_tokens,
                          stopped=stopped)
                )  # fmt: skip
            if heard:
                heard(len(batch))
        return replies

    def stream(self, prompt: Sequence[Message], sampling: Sampling) -> Iterator[str]:
        """The answer as it grows, piece by piece."""
        pieces: queue.Queue[str | None] = queue.Queue()
        gone = threading.Event()

        def hear(chunk: dict[str, Any]) -> bool:
            for choice in chunk.get("choices", ()):
                pieces.put(choice["text"])
            return gone.is_set()  # True stops the generation

        def run() -> None:
            ids = self.tokenizer.encode_prompt(prompt)
            try:
                self._server.handle_completions(
                    {**self._request(ids, sampling), "stream": True}, hear
                )
            finally:
                pieces.put(None)

        threading.Thread(target=run, daemon=True).start()
        try:
            while (piece := pieces.get()) is not None:
                if piece:
                    yield piece
        finally:
            gone.set()

    def first_log_probs(self, ids: Sequence[int], n: int) -> dict[int, float]:
        """Log-probabilities of the n likeliest next tokens, in nats."""
        request = {**self._request(list(ids), Sampling(max_tokens=1)), "logprobs": n}
        top = self._server.handle_completions(request)["choices"][0]["logprobs"]
        return {t["id"]: t["logprob"] for t in top["content"][0]["top_logprobs"]}

    @property
    def address(self) -> str:
        """Where the library's server listens: always this machine."""
        return str(self._server.listening_address)

    def tokenize(self, text: str) -> list[int]:
        """Ids as llama.cpp itself reads the text, to check our tokenizer against it."""
        body = json.dumps({"content": text, "add_special": False, "parse_special": True}).encode()
        request = urllib.request.Request(  # noqa: S310 - a loopback address of our own
            f"{self.address}/tokenize",
            data=body,
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return [int(t) for t in json.load(answer)["tokens"]]

    def decode_speed(self, ids: Sequence[int], n_tokens: int) -> float:
        """Tokens per second of one stream, end of text ignored."""
        request = self._request(list(ids), Sampling(max_tokens=n_tokens))
        answer = self._server.handle_completions({**request, "ignore_eos": True})
        return float(answer["timings"]["predicted_per_second"])
