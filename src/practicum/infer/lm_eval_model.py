"""Our engine as a model of lm-evaluation-harness: the same tasks, one flag apart.

    lm_eval --model practicum --model_args pretrained=base,threads=1 --tasks arc_easy

How the harness comes to know this name: `lm_eval_door`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from lm_eval.api.model import TemplateLM
from lm_eval.api.registry import register_model
from lm_eval.models.utils import (
    handle_stop_sequences,
    normalize_gen_kwargs,
    postprocess_generated_text,
)
from tqdm import tqdm  # type: ignore[import-untyped]

from practicum.core.errors import PracticumError
from practicum.core.messages import Message, Sampling
from practicum.core.stage import available_threads
from practicum.core.store import Store
from practicum.infer.engine import open_scorer
from practicum.infer.score.budget import MEMORY_BYTES
from practicum.models.references import resolve
from practicum.text.template import render

HOME = "~/.practicum"  # as everywhere, unless PRACTICUM_HOME says otherwise
LONGEST_ANSWER = 256  # tokens, where a task names no number: the harness's own
MARK = "\ue000"  # a private character: where the last message begins in the template's text
# What the harness hands to every model. Batches are formed by tokens, on the processor.
NOT_USED = {"batch_size", "max_batch_size", "device"}


@register_model("practicum")  # type: ignore[untyped-decorator]
class PracticumLM(TemplateLM):  # type: ignore[misc]
    """A model of the store, scored with shared beginnings.

    Strings become ids as its Hugging Face backend makes them, so both score the same requests.
    """

    def __init__(
        self, pretrained: str, *, adapter: str | None = None, home: str | None = None,
        dtype: str = "float32", max_length: int | None = None, memory_bytes: int = MEMORY_BYTES,
        threads: int | None = None, **ignored: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        unknown = sorted(set(ignored) - NOT_USED)
        if unknown:
            raise PracticumError(f"practicum has no model argument {', '.join(unknown)}")
        if dtype not in ("float32", "bfloat16"):
            raise PracticumError(f"dtype {dtype} is not computed here", hint="float32 or bfloat16")
        store = Store(home or os.environ.get("PRACTICUM_HOME") or HOME)
        self.artifact = resolve(store, str(pretrained))
        over = resolve(store, adapter) if adapter else None
        self._open = ExitStack()  # the engine lives as long as this model
        self.engine = self._open.enter_context(open_scorer(
            self.artifact, threads or available_threads(), over, dtype=dtype,  # type: ignore[arg-type]
            max_length=max_length, memory_bytes=memory_bytes,
        ))  # fmt: skip
        self.names = {"model": self.artifact.digest, "dtype": dtype,
                      "adapter": over.digest if over else None}  # fmt: skip

    def close(self) -> None:
        """Let the engine go; the process's number of threads is what it was before."""
        self._open.close()

    # -- strings and ids ---------------------------------------------------------------------

    @property
    def _own(self) -> Any:
        return self.engine.tokenizer

    @property
    def eot_token_id(self) -> int:
        """The token that ends a text."""
        return int(self._own.end_id)

    @property
    def prefix_token_id(self) -> int:
        """The token in front of a text that has none."""
        bos = self._own.special.get("bos_token")
        return int(self._own.id_of(bos)) if bos else self.eot_token_id

    @property
    def tokenizer_name(self) -> str:
        """What tells request caches of two models apart."""
        return str(self.artifact.digest)

    def tok_encode(
        self, string: str, add_special_tokens: bool | None = None, **ignored: Any
    ) -> list[int]:
        """Ids of a text, with what the tokenizer puts around it unless it is there or unwanted."""
        backend = self._own.backend
        if add_special_tokens is None:
            start = backend.decode([self.prefix_token_id], skip_special_tokens=False)
            add_special_tokens = not (start and string.startswith(start))
        return list(backend.encode(string, add_special_tokens=add_special_tokens).ids)

    def chat_template(self, chat_template: bool | str = False) -> str | None:
        """The template in use, for the harness's records; none is asked for: none."""
        return self._own.template if chat_template else ""

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """A conversation as text, up to where the assistant speaks; or on in what it has begun."""
        messages = [Message.model_validate(m) for m in chat_history]
        if add_generation_prompt:
            return str(self._own.chat_text(messages))
        if self._own.template is None:
            raise PracticumError(
                "this model has no chat template", hint="without --apply_chat_template"
            )
        marked = [*messages[:-1], messages[-1].model_copy(update={"content": MARK})]
        begun = render(self._own.template, marked, special=self._own.special)
        return begun[: begun.rindex(MARK)] + messages[-1].content

    # -- requests ----------------------------------------------------------------------------

    def _loglikelihood_tokens(
        self, requests: Sequence[tuple[Any, list[int], list[int]]], disable_tqdm: bool = False,
        **ignored: Any,
    ) -> list[tuple[float, bool]]:  # fmt: skip
        found: dict[int, tuple[float, bool]] = {}
        pairs = [(context, rest) for _, context, rest in requests]
        with tqdm(total=len(requests), desc="Scoring", disable=disable_tqdm) as bar:
            for place, scored in self.engine.scorer.stream(pairs):
                found[place] = (scored.log_prob, scored.is_greedy)
                self._keep("loglikelihood", requests[place][0], found[place])
                bar.update(1)
        return [found[i] for i in range(len(requests))]

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
        """Log-probabilities of whole texts, in the harness's windows."""
        texts = [request.args[0] for request in requests]
        with tqdm(total=len(texts), desc="Scoring texts", disable=disable_tqdm) as bar:
            ids = [self.tok_encode(text) for text in texts]
            scores = self.engine.scorer.rolling(ids, self.prefix_token_id, bar.update)
        for text, scored in zip(texts, scores, strict=True):
            self._keep("loglikelihood_rolling", (text,), scored.log_prob)
        return [scored.log_prob for scored in scores]

    def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
        """What the model writes behind each context, up to the stop strings of its task."""
        groups: dict[str, list[int]] = {}
        for place, request in enumerate(requests):
            groups.setdefault(repr(sorted(request.args[1].items())), []).append(place)
        answers: dict[int, str] = {}
        with tqdm(total=len(requests), desc="Generating", disable=disable_tqdm) as bar:
            for places in groups.values():
                texts = [requests[p].args[0] for p in places]
                options = requests[places[0]].args[1]
                for place, text in zip(places, self._write(texts, options, bar), strict=True):
                    answers[place] = text
                    self._keep("generate_until", requests[place].args, text)
        return [answers[i] for i in range(len(requests))]

    def _write(self, texts: Sequence[str], options: Mapping[str, Any], bar: Any) -> list[str]:
        wanted = normalize_gen_kwargs(dict(options), LONGEST_ANSWER)
        eos = self._own.backend.decode([self.eot_token_id], skip_special_tokens=False)
        stops = [s for s in handle_stop_sequences(wanted["until"], eos=eos) if s]
        n_new = wanted["max_gen_toks"]
        room = self.engine.scorer.max_length - n_new
        if room < 1:
            raise PracticumError(f"{n_new} new tokens leave no room for a prompt")
        sampling = Sampling(
            max_tokens=n_new, temperature=wanted["temperature"] if wanted["do_sample"] else 0.0,
            top_p=wanted.get("top_p", 1.0),
        )  # fmt: skip
        prompts = [self.tok_encode(text)[-room:] for text in texts]
        replies = self.engine.write(prompts, sampling, stops, bar.update)
        return [postprocess_generated_text(r.text, stops, None) for r in replies]

    def _keep(self, kind: str, asked: Any, answer: Any) -> None:
        """Hand an answer to the harness's cache; windows of a text have no name and are not kept."""
        if asked is not None:
            self.cache_hook.add_partial(kind, asked, answer)

    def get_model_info(self) -> dict[str, Any]:
        """What the harness writes beside its results."""
        return {"model_digest": self.names["model"], "model_dtype": self.names["dtype"],
                "adapter_digest": self.names["adapter"]}  # fmt: skip
