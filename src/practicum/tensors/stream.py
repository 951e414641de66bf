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

ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
              "U8": 1, "BOOL": 1}  # fmt: skip
TORCH_NAMES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True)
class Spec:
    """What a header says of one tensor."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def n_items(self) -> int:
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        return self.n_items * ITEM_BYTES[self.dtype]


def read_specs(files: Iterable[Path]) -> dict[str, Spec]:
    """Every tensor of some safetensors files, from their headers alone.

    Raises  IntegrityError for a file that is truncated or not safetensors.
    """
    found: dict[str, Spec] = {}
    for path in files:
        with path.open("rb") as stream:
            head = stream.read(8)
            length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
            total = path.stat().st_size
            if not 2 <= length <= total - 8:
                raise IntegrityError(f"{path}: truncated, or not a safetensors file")
            header: dict[str, Any] = json.loads(stream.read(length))
        end = 0
        for name, entry in header.items():
            if name != "__metadata__":
                found[name] = Spec(entry["dtype"], tuple(entry["shape"]))
                end = max(end, entry["data_offsets"][1])
        if end > total - 8 - length:
            raise IntegrityError(f"{path}: truncated, {end - (total - 8 - length):,} bytes missing")
    return found


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
            want, spec = next(expected)
            dtype = getattr(torch, TORCH_NAMES[spec.dtype])
            if name != want or tuple(tensor.shape) != spec.shape or tensor.dtype != dtype:
                raise ValueError(
                    f"{name}: expected {want} {spec}, got {tensor.dtype} {tensor.shape}"
                )
            stream.write(tensor.contiguous().view(torch.uint8).numpy().reshape(-1).data)
        if next(expected, None) is not None:
            raise ValueError("fewer tensors than the header announces")
