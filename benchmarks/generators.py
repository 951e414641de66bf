"""The peers of `decode`: xllamacpp's own chat endpoint and transformers' generate()."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from practicum.core.messages import Message

MAX_TOKENS = 48  # of a short answer, as `evaluate` allows
BATCH = 64  # of generate(): the same as ours
PROMPT = "Write a long story about a fox and a lighthouse."  # does not end early

Chats = Sequence[Sequence[Message]]


class RawLlama:
    """The peer: xllamacpp's server in this process, asked through its own chat endpoint."""

    def __init__(self, path: Path, threads: int) -> None:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = 1024
        params.n_parallel = 1
        params.n_gpu_layers = 0
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        params.verbosity = -1
        params.port = 0
        params.api_keys = [secrets.token_hex(32)]  # it listens on 127.0.0.1; nobody may call
        self.server: Any = xllamacpp.Server(params)

    def chat(self, text: str, n_tokens: int, **more: Any) -> dict[str, Any]:
        """The endpoint's answer to one message, greedy."""
        answer: dict[str, Any] = self.server.handle_chat_completions(
            {"messages": [{"role": "user", "content": text}], "max_tokens": n_tokens,
             "temperature": 0.0, "cache_prompt": True, **more}
        )  # fmt: skip
        return answer

    def decode_speed(self, n_tokens: int) -> float:
        """Tokens per second as the library itself reports them, end of text ignored."""
        timings = self.chat(PROMPT, n_tokens, ignore_eos=True)["timings"]
        return float(timings["predicted_per_second"])


class Generate:
    """The peer: transformers' model, tokenizer and generate(), prompts padded on the left."""

    def __init__(self, folder: Path, dtype: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model = AutoModelForCausalLM.from_pretrained(
            str(folder), dtype=getattr(torch, dtype)
        ).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(str(folder), padding_side="left")
        self.tokenizer.pad_token = self.tokenizer.pad_token or self.tokenizer.eos_token

    def extend(self, ids: Sequence[int], n_tokens: int) -> list[int]:
        """Exactly n greedy tokens behind the prompt, its end forbidden."""
        import torch

        given = torch.tensor([list(ids)])
        out = self.model.generate(
            given, attention_mask=torch.ones_like(given), do_sample=False,
            max_new_tokens=n_tokens, min_new_tokens=n_tokens,
            pad_token_id=self.tokenizer.pad_token_id,
        )  # fmt: skip
        return [int(i) for i in out[0, len(ids) :]]

    def decode_speed(self, ids: Sequence[int], n_tokens: int) -> float:
        """Tokens per second without the prompt: the time of n + 1 tokens less that of one."""
        clock = time.perf_counter()
        self.extend(ids, 1)
        prompt_s = time.perf_counter() - clock
        clock = time.perf_counter()
        self.extend(ids, n_tokens + 1)
        return n_tokens / (time.perf_counter() - clock - prompt_s)

    def answers(self, chats: Chats) -> list[str]:
        """A greedy answer to every chat, in batches."""
        found: list[str] = []
        for start in range(0, len(chats), BATCH):
            batch = [[m.model_dump() for m in chat] for chat in chats[start : start + BATCH]]
            given = self.tokenizer.apply_chat_template(
                batch, add_generation_prompt=True, padding=True, return_tensors="pt",
                return_dict=True,
            )  # fmt: skip
            out = self.model.generate(**given, do_sample=False, max_new_tokens=MAX_TOKENS,
                                      pad_token_id=self.tokenizer.pad_token_id)  # fmt: skip
            tails = out[:, given["input_ids"].shape[1] :]
            found += self.tokenizer.batch_decode(tails, skip_special_tokens=True)
        return found
