"""Safetensors streamed: tensors read one at a time, a file written with one in memory."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practicum.core.errors import IntegrityError

if TYPE_CHECKING:
    from torch import Tensor

ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "C64": 8,
              "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1,
              "BOOL": 1}  # fmt: skip
TORCH_NAMES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}

MAX_HEADER_BYTES = 100_000_000  # safetensors' own limit


@dataclass(frozen=True)
class Spec:
    """What a header says of one tensor."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def n_items(self) -> int:
        """How many numbers it holds; a shape without dimensions holds one."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """What those numbers take on disk."""
        return self.n_items * ITEM_BYTES[self.dtype]


def read_specs(files: Iterable[Path]) -> dict[str, Spec]:
    """Every tensor of some safetensors files, from their headers alone.

    Raises  IntegrityError for a file that is truncated, not safetensors, or whose header lies.
    """
    found: dict[str, Spec] = {}
    for path in files:
        header, data_bytes = _read_header(path)
        spans = []
        for name, entry in header.items():
            try:
                spec = Spec(entry["dtype"], tuple(entry["shape"]))
                start, end = entry["data_offsets"]
                fits = end - start == spec.size_bytes and all(n >= 0 for n in spec.shape)
            except (KeyError, TypeError, ValueError):
                fits = False
            if not fits:
                raise IntegrityError(f"{path}: the header says of {name}: {json.dumps(entry)}")
            found[name] = spec
            spans.append((start, end))
        used = 0
        for start, end in sorted(spans):
            if start != used:
                raise IntegrityError(f"{path}: tensors overlap or leave gaps at byte {used:,}")
            used = end
        if used > data_bytes:
            raise IntegrityError(f"{path}: truncated, {used - data_bytes:,} bytes missing")
        if used < data_bytes:
            raise IntegrityError(f"{path}: {data_bytes - used:,} bytes belong to no tensor")
    return found


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """What the header says of each tensor, and how many bytes follow it."""
    with path.open("rb") as stream:
        head = stream.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        data_bytes = path.stat().st_size - 8 - length
        text = stream.read(length) if length <= MAX_HEADER_BYTES else b""
    try:
        header = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or data_bytes < 0:
        raise IntegrityError(f"{path}: truncated, or not a safetensors file")
    header.pop("__metadata__", None)
    return header, data_bytes


class TensorFiles:
    """Open safetensors files; `get` reads one tensor."""

    def __init__(self, files: Iterable[Path]) -> None:
        from safetensors import safe_open

        self._stack = ExitStack()
        self._where: dict[str, Any] = {}
        for path in files:
            opened = self._stack.enter_context(safe_open(str(path), framework="pt"))
            self._where |= dict.fromkeys(opened.keys(), opened)

    def __enter__(self) -> TensorFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def get(self, name: str) -> Tensor:
        """One tensor, read from disk now."""
        tensor: Tensor = self._where[name].get_tensor(name)
        return tensor


def write_stream(
    path: Path, specs: Mapping[str, Spec], tensors: Iterable[tuple[str, Tensor]]
) -> None:
    """Write a safetensors file whose tensors arrive one by one, in the order of `specs`.

    Raises  ValueError when a tensor arrives out of order or in another shape or type.
    """
    import torch

    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, spec in specs.items():
        end = offset + spec.size_bytes
        header[name] = {
            "dtype": spec.dtype,
            "shape": list(spec.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # data begins aligned
    expected = iter(specs.items())
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for name, tensor in tensors:
            announced = next(expected, None)
            if announced is None:
                raise ValueError(f"{name}: not announced in the header")
            want, spec = announced
            dtype = getattr(torch, TORCH_NAMES[spec.dtype])
            if name != want or tuple(tensor.shape) != spec.shape or tensor.dtype != dtype:
                raise ValueError(
                    f"{name}: expected {want} {spec}, got {tensor.dtype} {tensor.shape}"
                )
            stream.write(tensor.reshape(-1).contiguous().view(torch.uint8).numpy().data)
        if next(expected, None) is not None:
            raise ValueError("fewer tensors than the header announces")
