"""Two small models that read text: one turns it into a vector, one judges a question and a passage.

Both are BERT-shaped, 8 bits per weight, and run in ONNX Runtime. They come as the asset
`tutor-encoders`, which is fetched only when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practicum.core.store import Store
from practicum.models.sources import Asset, assets, fetch_files, has_files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

ASSET = "tutor-encoders"
WIDTH = 384  # of the embedder's vectors
LONGEST = 256  # tokens of a text that are read; a passage of 150 words has about 200
# What bge-small-en-v1.5 was trained to find before a question (model card); passages stand bare.
INSTRUCTION = "Represent this sentence for searching relevant passages: "


class Embedder:
    """Texts → unit vectors; near in meaning is near in direction."""

    def __init__(self, model: Path, tokenizer: Path, digest: str, threads: int = 1) -> None:
        self.digest = digest
        self._reader = _Reader(model, tokenizer, threads)

    def embed(self, texts: Sequence[str], heard: Callable[[int], None] | None = None) -> Vectors:
        """A unit vector for each text; `heard(n)` is called as n more are done.

        Shapes  (n, 384), float32.
        """
        import numpy as np

        vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for i, text in enumerate(texts):
            first = self._reader.read(text)[0, 0]  # bge pools by its [CLS] token
            vectors[i] = first / np.linalg.norm(first)
            if heard:
                heard(1)
        return vectors

    def embed_question(self, question: str) -> Vectors:
        """The unit vector of a question.

        Shapes  (384,), float32.
        """
        vector: Vectors = self.embed([INSTRUCTION + question])[0]
        return vector


class Reranker:
    """A question and texts → how well each text answers it."""

    def __init__(self, model: Path, tokenizer: Path, digest: str, threads: int = 1) -> None:
        self.digest = digest
        self._reader = _Reader(model, tokenizer, threads)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """A logit for each text: above zero it is more likely than not an answer."""
        return [float(self._reader.read((question, text))[0, 0]) for text in texts]


@dataclass(frozen=True)
class Encoders:
    """What reads for a search."""

    embedder: Embedder
    reranker: Reranker


def encoders_asset() -> Asset:
    """What is fetched for both of them."""
    return assets()[ASSET]


def has_encoders(store: Store) -> bool:
    """Whether the encoders are on this machine."""
    return has_files(encoders_asset(), store)


def open_encoders(store: Store, threads: int = 1) -> Encoders:
    """Both models, ready; fetched first when they are not here.

    Raises  PracticumError when they cannot be fetched; IntegrityError when they are not what
            was published.
    """
    asset = encoders_asset()
    places = fetch_files(asset, store)
    digests = {file.path: file.sha256 for file in asset.files}

    def opened(kind: Any, folder: str) -> Any:
        model, tokenizer = (
            next(p for p in places if p.endswith(f"{folder}/{name}"))
            for name in ("model.onnx", "tokenizer.json")
        )
        return kind(places[model], places[tokenizer], digests[model], threads)

    return Encoders(opened(Embedder, "bge_small_en"), opened(Reranker, "reranker_en"))


class _Reader:
    """A tokenizer and a session: a text, or a pair of texts → the model's first output.

    Texts are read one by one. The 8-bit activations are scaled by the largest of a batch, so in
    company a result would depend on its neighbours; and on one thread batches of 8 or 16 were
    slower (422 passages: 7.5 s alone, 9.9 s and 11.7 s together), because padding is work too.
    """

    def __init__(self, model: Path, tokenizer: Path, threads: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        onnxruntime.disable_telemetry_events()
        onnxruntime.set_default_logger_severity(3)  # errors only
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()  # the file of one asks for padding to 512 tokens

    def read(self, text: str | tuple[str, str]) -> Any:
        import numpy as np

        encoded = (
            self._tokenizer.encode(text) if isinstance(text, str) else self._tokenizer.encode(*text)
        )
        fed = {
            "input_ids": np.array([encoded.ids], dtype=np.int64),
            "attention_mask": np.array([encoded.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoded.type_ids], dtype=np.int64),
        }
        return self._session.run(None, fed)[0]
