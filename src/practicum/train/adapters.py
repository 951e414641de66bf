"""LoRA adapters, by peft: attached, saved, folded into the weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor
    from transformers import PreTrainedModel


def attach_lora(
    model: PreTrainedModel, *, rank: int, alpha: float, seed: int, targets: str = "all-linear"
) -> PeftModel:
    """The model with fresh adapters: B is zero, so its output is unchanged.

    Source  Hu et al. 2021 (arXiv:2106.09685); the update is B·A scaled by alpha / rank.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=targets, task_type="CAUSAL_LM"
    )
    return get_peft_model(model, config)


def adapter_state(model: PeftModel) -> dict[str, Tensor]:
    """Only the adapters' tensors, by peft's names."""
    from peft import get_peft_model_state_dict

    return {k: v.detach().contiguous() for k, v in get_peft_model_state_dict(model).items()}


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Write adapter_config.json and adapter_model.safetensors, as peft reads them."""
    model.peft_config["default"].base_model_name_or_path = None  # the base is known by digest
    model.save_pretrained(str(folder), safe_serialization=True)
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty card; ours is computed


def fold(model: PeftModel) -> PreTrainedModel:
    """The plain model with the adapters added into its weights."""
    merged: PreTrainedModel = model.merge_and_unload()
    return merged
