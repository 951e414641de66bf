"""What is trained of a model: LoRA and its kin, by peft, over plain or NF4 weights; or all of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from pydantic import Field

from practicum.core.stage import Params

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor
    from torch.nn import Module
    from transformers import PreTrainedModel

Method = Literal["lora", "qlora", "full"]
FULL_SHARE = 1 / 20  # a full tune's learning rate beside an adapter's
BYTES_PER_PARAMETER = {"lora": 8.0, "qlora": 5.0, "full": 20.0}  # of memory, measured on 135M


class TunedParams(Params):
    """What is trained, and how it is added to what the model knows."""

    method: Method = Field(
        "lora", description="Train adapters, adapters over a 4-bit base, or every weight."
    )
    rank: int = Field(16, gt=0, description="Rank of the LoRA update of every linear layer.")
    alpha: float = Field(32.0, gt=0, description="The update is scaled by alpha / rank.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of an adapter's inputs left out.")
    targets: str = Field(
        "all-linear", description="Layers with adapters: names as q_proj,v_proj or all-linear."
    )
    rank_pattern: dict[str, int] = Field(
        default_factory=dict, description="Other ranks for layers by name, as {down_proj: 32}."
    )
    rslora: bool = Field(
        False, description="Scale by alpha / sqrt(rank): large ranks keep learning."
    )
    dora: bool = Field(False, description="Train length and direction of the weights apart.")
    lora_plus: float = Field(1.0, gt=0, description="Learning rate of B beside A's; 16 is LoRA+'s.")
    double_quantization: bool = Field(
        True, description="With qlora: store the scales in eight bits too."
    )

    template: str = Field(
        "model", description="The chat template: the model's own, or chatml, llama-2, llama-3, "
        "mistral, gemma, alpaca, zephyr; it is saved with the model.",
    )  # fmt: skip
    warmup: float = Field(
        0.1, ge=0, description="Updates with a rising rate: a share up to 1, above it a number."
    )
    schedule: Literal["cosine", "linear", "constant"] = Field(
        "cosine", description="How the learning rate falls after that."
    )
    rate_floor: float = Field(0.1, ge=0, le=1, description="Where it ends, as a share of the peak.")
    weight_decay: float = Field(0.0, ge=0, lt=1, description="AdamW's pull towards 0.")
    clip: float = Field(1.0, gt=0, description="The largest gradient norm of an update.")
    updates: int = Field(0, ge=0, description="Updates at most; 0: as many as the epochs have.")

    @property
    def targets_of_peft(self) -> str | list[str]:
        """The targets as peft wants them."""
        if self.targets == "all-linear":
            return self.targets
        return [name.strip() for name in self.targets.split(",")]


@dataclass
class Tuned:
    """A model with what is trained of it.

    frozen_bytes  what its frozen weights take, where that was reduced
    """

    model: Module
    params: TunedParams
    frozen_bytes: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every weight is trained, so that there is no adapter."""
        return self.params.method == "full"

    @property
    def n_trained(self) -> int:
        """How many numbers are trained."""
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    def state(self) -> dict[str, Tensor]:
        """The trained tensors by name, as views."""
        if self.is_whole:
            return {n: p.detach() for n, p in self.model.named_parameters() if p.requires_grad}
        return adapter_state(cast("PeftModel", self.model))

    def lr_scale(self, name: str) -> float:
        """A parameter's learning rate beside the peak.

        Source  Hayou et al. 2024 (arXiv:2402.12354), LoRA+.
        """
        return self.params.lora_plus if "lora_B" in name else 1.0

    def fold(self) -> PreTrainedModel:
        """The plain model with what was learned in its weights; from here on this is it.

        A 4-bit base is unpacked first and the adapter added at the type it was stored in: added
        to the codes it would be rounded away.
        """
        from peft import PeftModel

        from practicum.train.nf4 import thaw

        if isinstance(self.model, PeftModel):
            thaw(self.model)
            self.model = fold(self.model)
        return cast("PreTrainedModel", self.model)


def attach(model: PreTrainedModel, params: TunedParams, seed: int) -> Tuned:
    """The model with what `params` want trained; at first its output is what it was.

    With qlora the base is put into NF4 first, so its output is that of the 4-bit base. Where
    several ranks train, the model is put where they do.

    Raises  PracticumError for layers that it has not.
    """
    from practicum.core.errors import Complaint, PracticumError
    from practicum.train.distributed.ranks import ranks

    if params.method == "full":
        model.requires_grad_(True)
        ranks().place(model)
        return Tuned(model, params)
    frozen = None
    if params.method == "qlora":
        from practicum.train.nf4 import freeze_to_nf4, n_bytes

        freeze_to_nf4(model, double=params.double_quantization)
        frozen = n_bytes(model)
    try:
        adapted = _attached(model, params, seed)
    except ValueError as error:
        raise PracticumError(
            Complaint(f"targets: {str(error).splitlines()[0]}", hint="all-linear")
        ) from error
    ranks().place(adapted)
    return Tuned(adapted, params, frozen)


def _attached(model: PreTrainedModel, params: TunedParams, seed: int) -> PeftModel:
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    config = LoraConfig(
        r=params.rank, lora_alpha=params.alpha, lora_dropout=params.dropout,  # type: ignore[arg-type]
        target_modules=params.targets_of_peft, rank_pattern=dict(params.rank_pattern),
        use_rslora=params.rslora, use_dora=params.dora, task_type="CAUSAL_LM",
    )  # fmt: skip
    return get_peft_model(model, config)


def attach_lora(
    model: PreTrainedModel, *, rank: int, alpha: float, seed: int, targets: str = "all-linear"
) -> PeftModel:
    """The model with fresh adapters: B is zero, so its output is unchanged.

    Source  Hu et al. 2021 (arXiv:2106.09685); the update is B·A scaled by alpha / rank.
    """
    params = TunedParams(rank=rank, alpha=alpha, targets=targets)
    return cast("PeftModel", attach(model, params, seed).model)


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
    """The plain model with the adapters added into its weights.

    Each layer is added up in float32 and rounded once: an update is a hundredth of a weight, and
    in bfloat16 a sixth of it would be rounded away on the way.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    for module in model.modules():
        if isinstance(module, BaseTunerLayer):
            layer = module.get_base_layer()
            stored = layer.weight.dtype
            layer.weight.data = layer.weight.data.float()
            module.merge()
            layer.weight.data = layer.weight.data.to(stored)
    merged: PreTrainedModel = model.unload()
    return merged
