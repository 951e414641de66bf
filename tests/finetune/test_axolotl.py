"""Axolotl's files: read, explained or refused; priced from a config; run on a tiny model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from practicum import verbs
from practicum.core.errors import PracticumError, RecipeError
from practicum.core.recipe import parse_recipe
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.finetune.axolotl import is_axolotl, known_keys, parse_axolotl
from practicum.finetune.scales import (
    bill,
    bill_text,
    find_config,
    params_of,
    published_names,
    recipe_text,
)
from practicum.models.shapes import find_shape, shape_from, training_memory

LEAST = "base_model: m\ndatasets: [{path: d, type: alpaca}]\n"


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.feature("N2")
def test_the_published_file_is_read_word_for_word() -> None:
    config = find_config("code-llama-axolotl")
    assert (config.method, config.rank, config.alpha, config.dropout) == ("qlora", 32, 16, 0.05)
    assert (config.micro_batch, config.accumulation, config.epochs) == (10, 1, 3)
    assert (config.sequence, config.packing, config.warmup) == (2048, True, 100)
    assert config.targets == "all-linear"  # lora_target_linear, and no names
    assert (config.rate, config.schedule, config.validation_share) == (2e-4, "cosine", 0.02)
    assert config.datasets[0].path == "mlabonne/Evol-Instruct-Python-1k"
    assert any(note.startswith("flash_attention:") for note in config.notes)
    assert not any(note.startswith("deepspeed") for note in config.notes)  # it is empty there


@pytest.mark.feature("T3")
@pytest.mark.feature("S4d")
def test_every_mistake_is_told_at_once_with_its_line_and_a_suggestion() -> None:
    text = (
        "base_model: m\ndatasets: [{path: d, type: alpaca}]\nlora_rr: 16\nadapter: lorra\n"
        "lora_alpha: lots\ndeepspeed: zero3.json\nlr_scheduler: cosin\ntrain_on_inputs: true\n"
        "micro_batch_size: -1\nrl: grpo\noptimizer: lion\n"
    )
    with pytest.raises(RecipeError) as caught:
        parse_axolotl(text, "mine.yml")
    told = str(caught.value)
    for line, words in [
        (3, "lora_rr: unknown key      try: lora_r"), (4, "adapter: 'lorra' is not known"),
        (5, "lora_alpha: 'lots' is not a number"), (6, "deepspeed: not done here"),
        (7, "lr_scheduler: 'cosin' is not done here      try: cosine"),
        (8, "train_on_inputs: prompts are never trained"),
        (9, "micro_batch_size: -1 is not a whole number"), (10, "practicum reinforce"),
        (11, "optimizer: 'lion'"),
    ]:  # fmt: skip
        assert any(f"mine.yml:{line} " in row and words in row for row in told.splitlines()), words


def test_what_must_be_there_is_asked_for() -> None:
    with pytest.raises(RecipeError, match=r"(?s)base_model: is required.*datasets: is required"):
        parse_axolotl("lora_r: 8\n")
    with pytest.raises(RecipeError, match="is a mapping"):
        parse_axolotl("- 1\n")
    with pytest.raises(RecipeError, match="given twice"):
        parse_axolotl(LEAST + "lora_r: 8\nlora_r: 9\n")


def test_an_empty_adapter_trains_everything() -> None:
    assert parse_axolotl(LEAST + "adapter:\n").method == "lora"  # Axolotl's files leave it empty
    assert parse_axolotl(LEAST + 'adapter: ""\n').method == "full"


@given(st.dictionaries(st.sampled_from(known_keys()), st.one_of(
    st.none(), st.booleans(), st.integers(-3, 99), st.text(max_size=5), st.lists(st.integers())),
    max_size=6))  # fmt: skip
@settings(deadline=None, max_examples=80)
def test_no_value_of_a_known_key_breaks_the_reading(values: dict[str, object]) -> None:
    text = yaml.safe_dump({"base_model": "m", "datasets": [{"path": "d"}], **values})
    try:
        found = parse_axolotl(text)
    except RecipeError:
        return
    assert found.rank >= 0 and found.method in ("lora", "qlora", "full")


@pytest.mark.feature("S4d")
def test_ten_public_configs_are_read(tmp_path: Path) -> None:
    """The published six, and four more in the ways in which people write such files."""
    more = [
        LEAST
        + "adapter: lora\nlora_r: 8\nlora_target_modules:\n  - q_proj\n  - v_proj\nbf16: auto\n",
        LEAST + "adapter: qlora\npeft_use_dora: true\nneftune_noise_alpha: 5\nwandb_project: x\n",
        LEAST + "rl: simpo\nrl_beta: 2.0\nlearning_rate: 5.0e-7\nflash_attention: true\n",
        LEAST + "adapter: lora\nlora_rank_pattern: {down_proj: 32}\nloraplus_lr_ratio: 16\n",
    ]
    read = [find_config(name) for name in published_names()]
    for i, text in enumerate(more):
        (tmp_path / f"{i}.yml").write_text(text)
        assert is_axolotl(text)
        read.append(find_config(str(tmp_path / f"{i}.yml")))
    assert len(read) == 10
    assert read[6].targets == "q_proj,v_proj"
    assert (read[7].dora, read[7].neftune, read[8].loss, read[9].lora_plus) == (
        True,
        5,
        "simpo",
        16,
    )
    assert [c.template for c in read].count("chatml") == 3
    assert not is_axolotl("practicum: 1\nsteps:\n  base_model: {stage: import}\n")
    with pytest.raises(PracticumError, match="llama-2-qlora"):
        find_config("lama-2-qlora")


# -- the bill -------------------------------------------------------------------------------------


@pytest.mark.feature("N6")
def test_the_published_counts_come_from_the_config_alone() -> None:
    found = bill(find_config("llama-3.1-rslora"))
    assert (found.n_trained, found.shape.n_parameters) == (41_943_040, 8_030_261_248)
    assert f"{found.n_trained / found.n_parameters:.4%}" == "0.5196%"
    tiny_llama = find_shape("TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T")
    assert tiny_llama.n_adapter(32) == 25_231_360
    assert tiny_llama.n_parameters == 1_100_048_384
    assert find_shape("NousResearch/Llama-2-7b-chat-hf").n_parameters == 6_738_415_616


def test_counts_are_those_of_the_model_itself(tiny: Made) -> None:
    import torch

    from practicum.models.load import load_model
    from practicum.train.adapters import TunedParams, attach

    shape = find_shape(str(tiny.artifact.folder))
    model, _ = load_model(tiny.artifact)
    assert shape.n_parameters == sum(p.numel() for p in model.parameters())
    linear = sum(m.weight.numel() for n, m in model.named_modules()
                 if isinstance(m, torch.nn.Linear) and n != "lm_head")  # fmt: skip
    assert shape.n_linear == linear
    assert attach(model, TunedParams(rank=5), 0).n_trained == shape.n_adapter(5)


@pytest.mark.feature("N2")
def test_the_bill_is_told_without_running(tmp_path: Path) -> None:
    from practicum.cli.main import cli

    home = tmp_path / "home"
    done = CliRunner().invoke(cli, ["finetune", "code-llama-axolotl", "--scale", "paper",
                                    "--home", str(home)])  # fmt: skip
    assert done.exit_code == 0, done.output
    for words in ("79,953,920 = 1.1726%", "300 of 10 examples", "GB: weights 3.9", "an estimate",
                  "flash_attention: attention is exact"):  # fmt: skip
        assert words in done.output, words
    assert not home.exists()
    told = CliRunner().invoke(cli, ["finetune", "llama-3-orpo", "--scale", "paper", "--json", "-q"])
    assert json.loads(told.output)["steps"] == 5531


def test_four_bits_and_a_plain_base_differ_by_what_is_packed() -> None:
    shape = find_shape("meta-llama/Meta-Llama-3-8B")
    packed, plain = (
        training_memory(shape, 1000, four_bits=b, batch_tokens=1) for b in (True, False)
    )
    assert plain.weights - packed.weights == pytest.approx(shape.n_linear * (2 - 4.127 / 8))
    whole = training_memory(shape, shape.n_parameters, four_bits=False, batch_tokens=0)
    assert whole.total == pytest.approx(
        16 * shape.n_parameters
    )  # 4 each: weight, gradient, moments


def test_a_size_that_is_not_known_is_said() -> None:
    config = parse_axolotl(LEAST.replace(": m", ": meta-llama/Meta-Llama-3-8B"))
    assert "not known: the size of the dataset" in bill_text(bill(config))
    with pytest.raises(PracticumError, match="the shape of m is not known"):
        bill(parse_axolotl(LEAST))
    with pytest.raises(PracticumError, match="no 'hidden_size'"):
        shape_from({"num_attention_heads": 2})


# -- run ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Made]]:
    """Every published config on a tiny model."""
    home = Store(tmp_path_factory.mktemp("published"))
    made: dict[str, dict[str, Made]] = {}
    for name in published_names():
        recipe = parse_recipe(recipe_text(find_config(name), "tiny", name))
        made[name] = verbs.carry_out_recipe(recipe, home=home, threads=1)
    return made


@pytest.mark.feature("N1")
@pytest.mark.feature("N2")
@pytest.mark.feature("N3")
@pytest.mark.feature("N6")
@pytest.mark.parametrize(
    "name", ["llama-2-qlora", "code-llama-axolotl", "mistral-qlora", "llama-3.1-rslora"]
)
def test_a_published_tune_lowers_the_loss_by_a_fifth(
    ran: dict[str, dict[str, Made]], name: str
) -> None:
    report = ran[name]["tuned"].report
    assert report.get("validation.after").value < 0.8 * report.get("validation.before").value
    assert report.get("fold.logit_change").value < 1e-3
    assert abs(report.get("fold.loss_change").value) < 1e-3
    assert ran[name]["after"].report.get("gain") is not None
    assert not any("Leak" in note for note in report.notes)


@pytest.mark.feature("N4")
@pytest.mark.feature("N5")
@pytest.mark.parametrize("name", ["mistral-dpo", "llama-3-orpo"])
def test_a_published_alignment_prefers_what_was_chosen(
    ran: dict[str, dict[str, Made]], name: str
) -> None:
    report = ran[name]["tuned"].report
    preferred = [v for _, v in report.curves["preferred"]]
    assert sum(preferred[-20:]) / 20 > 0.9
    assert report.get("preferred").value == 1.0 and report.get("preferred").n >= 6
    margins = [v for _, v in report.curves["margin"]]
    assert sum(margins[-10:]) > sum(margins[:10])


def test_the_settings_that_are_published_are_those_that_run(
    ran: dict[str, dict[str, Made]],
) -> None:
    wanted = {
        "llama-2-qlora": {"rank": 64, "alpha": 16, "dropout": 0.1, "clip": 0.3, "method": "qlora",
                          "targets": "q_proj,v_proj", "schedule": "cosine", "weight_decay": 0.001},
        "llama-3.1-rslora": {"rank": 16, "alpha": 16, "rslora": True, "schedule": "linear"},
        "llama-3-orpo": {"loss": "orpo", "beta": 0.1, "alpha": 32},
        "mistral-dpo": {"loss": "dpo", "beta": 0.1, "alpha": 16},
    }  # fmt: skip
    for name, values in wanted.items():
        params = ran[name]["tuned"].run.params
        assert {key: params[key] for key in values} == values


def test_at_its_own_scale_nothing_is_changed_and_hub_rows_are_asked_for(tmp_path: Path) -> None:
    config = find_config("llama-2-qlora")
    params = params_of(config, "own")
    assert (params["lr_peak"], params["rows_per_update"], params["warmup"]) == (2e-4, 4, 0.03)
    with pytest.raises(PracticumError, match=r"guanaco-llama2-1k: no file here.*--scale tiny"):
        recipe_text(config, "own", "x")
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{}\n")
    body = yaml.safe_load(recipe_text(config, "own", "x", str(rows)))
    assert body["steps"]["base"]["params"]["source"] == "hf:NousResearch/Llama-2-7b-chat-hf"
    assert body["steps"]["rows"]["inputs"] == [str(rows)]


@pytest.mark.feature("N3")
def test_validation_rows_that_were_trained_on_are_told(tiny: Made, tmp_path: Path) -> None:
    import practicum as pr
    from practicum.core.messages import Conversation, Message, write_rows

    chats = [Conversation(messages=(Message(role="user", content=f"After {n}?"),
                                    Message(role="assistant", content=str(n + 1))))
             for n in range(24)]  # fmt: skip
    for name, held in (("leaky", chats[:4]), ("clean", chats[20:])):
        folder = tmp_path / name
        folder.mkdir()
        write_rows(folder / "train.jsonl", chats[:20])
        write_rows(folder / "validation.jsonl", held)
        made = pr.finetune(str(tiny.artifact.folder), str(folder), home=Store(tmp_path / "home"),
                           threads=1, name=name)  # fmt: skip
        leaks = [note for note in made.report.notes if note.startswith("Leak: 4 of 4")]
        assert bool(leaks) == (name == "leaky")


@pytest.mark.feature("T3")
def test_one_command_trains_measures_and_leaves_a_card(tmp_path: Path) -> None:
    from practicum.cli.main import cli

    file = tmp_path / "mine.yml"
    file.write_text(LEAST + "adapter: lora\nlora_r: 8\nlora_alpha: 16\nlearning_rate: 2e-4\n")
    home = ["--home", str(tmp_path / "home")]
    shown = CliRunner().invoke(
        cli, ["finetune", str(file), "--scale", "tiny", "--show", "-q", *home]
    )
    assert yaml.safe_load(shown.output)["steps"]["tuned"]["params"]["rank"] == 8
    assert not (tmp_path / "home").exists()
    done = CliRunner().invoke(
        cli, ["finetune", str(file), "--scale", "tiny", "--threads", "1", *home]
    )
    assert done.exit_code == 0, done.output
    assert "tuned.validation.after" in done.output and "after.accuracy" in done.output
    card = CliRunner().invoke(cli, ["card", "tuned", *home])
    assert card.exit_code == 0 and "finetune" in card.output
