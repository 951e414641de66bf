"""GGUF files read and written: what is in the header, and tensors by their usual names.

The container and the block codecs are the `gguf` package's; what is ours is the mapping
between a GGUF and a Hugging Face folder, so that either can be made from the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practicum.core.errors import PracticumError

MAGIC = b"GGUF"
TOKENIZER_PRES = {"smollm": True, "gpt-2": False, "default": False}  # name → one token a digit


class GgufFile:
    """An open GGUF: `fields` from the header at once, tensors only when asked for.

    Raises  PracticumError for files that are truncated or not GGUF.
    """

    def __init__(self, path: Path) -> None:
        from gguf import GGUFReader

        self.path = path
        with path.open("rb") as stream:
            if stream.read(4) != MAGIC:
                raise PracticumError(f"{path}: not a GGUF file")
        try:
            self._reader = GGUFReader(str(path))
        except Exception as error:  # the reader raises whatever numpy raises on short files
            raise PracticumError(f"{path}: truncated or damaged GGUF ({error})") from error
        self.fields: dict[str, Any] = {k: _Lazy(f) for k, f in self._reader.fields.items()}

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header field."""
        field = self.fields.get(name)
        return default if field is None else field.value()

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture."""
        return str(self.get("general.architecture", ""))

    def of_arch(self, name: str, default: Any = None) -> Any:
        """A header field below the architecture's own prefix."""
        return self.get(f"{self.architecture}.{name}", default)

    @property
    def tensor_types(self) -> dict[str, int]:
        """How many tensors are stored in each type."""
        counts: dict[str, int] = {}
        for tensor in self._reader.tensors:
            counts[tensor.tensor_type.name] = counts.get(tensor.tensor_type.name, 0) + 1
        return counts

    @property
    def n_parameters(self) -> int:
        """How many weights all tensors hold."""
        return sum(int(t.n_elements) for t in self._reader.tensors)

    def tensors(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Every tensor by its GGUF name, dequantized to float32, one at a time."""
        from gguf.quants import dequantize

        for tensor in self._reader.tensors:
            shape = tuple(int(n) for n in reversed(tensor.shape))
            yield tensor.name, dequantize(tensor.data, tensor.tensor_type).reshape(shape)


class _Lazy:
    """A header field that is decoded when it is looked at: vocabularies are long."""

    def __init__(self, field: Any) -> None:
        self._field = field

    def value(self) -> Any:
        return self._field.contents()


def swap_rotary_halves(
    weight: NDArray[np.float32], n_heads: int, *, to_gguf: bool
) -> NDArray[np.float32]:
    """Rows of a query or key projection reordered between the two rotary conventions.

    Shapes  weight: (heads·D, C) in and out.
    Source  llama.cpp pairs neighbouring rows (2i, 2i+1), Hugging Face pairs (i, i + D/2);
            llama.cpp's converter calls the same step `permute`.
    """
    rows, *rest = weight.shape
    half = rows // n_heads // 2
    shape = (n_heads, 2, half, *rest) if to_gguf else (n_heads, half, 2, *rest)
    return weight.reshape(shape).swapaxes(1, 2).reshape(weight.shape)


def is_gguf(path: Path) -> bool:
    """Whether a file begins like a GGUF."""
    with path.open("rb") as stream:
        return stream.read(4) == MAGIC
