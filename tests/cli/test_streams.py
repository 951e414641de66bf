"""What reaches the shell: exit codes, standard output and standard error of real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from practicum.cli.main import VERBS, cli, main
from practicum.core.errors import Complaint, UsageError
from practicum.core.stage import perform
from practicum.core.store import Store


class Shell:
    """Runs command lines in this process and remembers what they wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str], home: Path) -> None:
        self.capsys = capsys
        self.home = home
        self.out = self.err = ""

    def __call__(self, *words: str) -> int:
        """The exit code of `practicum words --home …`."""
        with pytest.raises(SystemExit) as stop:
            main([*words, "--home", str(self.home)])
            raise SystemExit(0)
        self.out, self.err = self.capsys.readouterr()
        return int(stop.value.code or 0)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], store: Store) -> Shell:
    return Shell(capsys, store.home)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets `practicum runs` fail with an error of our choice."""
    from practicum import verbs

    def fail_with(error: BaseException) -> None:
        def fail(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(verbs, "open_store", fail)

    return fail_with


def process(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    code = "from practicum.cli.main import main; main()"
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **more)


# -- exit codes ------------------------------------------------------------------------------


def test_done_is_0_and_says_nothing_on_standard_error(shell: Shell) -> None:
    assert shell("runs", "--json") == 0
    assert (shell.out, shell.err) == ("[]\n", "")


def test_what_the_user_can_fix_is_1_and_on_standard_error_only(shell: Shell) -> None:
    assert shell("runs", "nosuch") == 1
    assert shell.out == ""
    assert shell.err == "no run 'nosuch'      try: practicum runs\n"


@pytest.mark.parametrize("flag", ["--json", "--quiet"])
def test_an_error_keeps_standard_output_empty_whatever_the_flags(shell: Shell, flag: str) -> None:
    assert shell("runs", "nosuch", flag) == 1
    assert shell.out == ""
    assert "nosuch" in shell.err


def test_an_unknown_verb_is_2_with_the_nearest_one(shell: Shell) -> None:
    assert shell("finetun") == 2
    assert shell.out == ""
    assert "No such verb 'finetun'. Did you mean 'finetune'?" in shell.err


def test_a_verb_like_no_other_is_2_with_where_to_look(shell: Shell) -> None:
    assert shell("zzz") == 2
    assert "No such verb 'zzz'. practicum --help lists the verbs." in shell.err


def test_an_unknown_option_is_2_with_the_nearest_one(shell: Shell) -> None:
    assert shell("finetune", "a", "b", "--epoch", "3") == 2
    assert shell.out == ""
    assert "No such option '--epoch'" in shell.err
    assert "--epochs" in shell.err


def test_a_missing_argument_and_a_wrong_choice_are_2(shell: Shell) -> None:
    assert shell("quantize") == 2
    assert "MODEL" in shell.err
    assert shell("quantize", "m", "--type", "Q9") == 2
    assert "Q8_0" in shell.err, "what could have been chosen"


def test_a_usage_error_of_ours_is_2(shell: Shell, told: Any) -> None:
    told(UsageError(Complaint("two of these", "--a", "one")))
    assert shell("runs") == 2
    assert shell.err == "--a  two of these      try: one\n"


def test_our_bug_is_3_and_asks_for_a_report(shell: Shell, told: Any) -> None:
    told(RuntimeError("the impossible"))
    assert shell("runs") == 3
    assert shell.out == ""
    assert shell.err == (
        "RuntimeError: the impossible\n"
        "this is our bug; run it again with --debug and report what it prints\n"
    )


def test_a_traceback_is_shown_only_with_debug(shell: Shell, told: Any) -> None:
    told(RuntimeError("the impossible"))
    assert shell("runs", "--debug") == 3
    assert shell.err.startswith("Traceback (most recent call last):")


def test_a_doctor_who_finds_something_missing_is_1(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from practicum.cli import doctor

    missing = doctor.Check("torch", False, "missing", "pip install torch")
    monkeypatch.setattr(doctor, "checks", lambda home: [missing])
    assert shell("doctor") == 1
    assert "MISSING  torch          missing      try: pip install torch" in shell.out
    assert shell("doctor", "--json") == 1
    assert json.loads(shell.out)[0]["ok"] is False


def test_ctrl_c_is_130_and_says_that_nothing_is_lost(shell: Shell, told: Any) -> None:
    told(KeyboardInterrupt())
    assert shell("runs") == 130
    assert (shell.out, shell.err) == ("", "\nstopped; the same command resumes\n")


def test_a_process_ends_with_these_codes_too(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home")]
    fine, fixable, usage = (
        process("runs", "--json", *home), process("runs", "nosuch", *home), process("rnus", *home),
    )  # fmt: skip
    assert (fine.returncode, fine.stdout, fine.stderr) == (0, "[]\n", "")
    assert (fixable.returncode, fixable.stdout) == (1, "")
    assert (usage.returncode, usage.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == [], "looking leaves no trace"


@pytest.mark.skipif(os.name != "posix", reason="pipes break differently elsewhere")
def test_a_reader_that_has_gone_is_no_error(tmp_path: Path) -> None:
    """`practicum runs | head` ends the pipe early and must not look like a failure."""
    reader, writer = os.pipe()
    os.close(reader)
    code = "from practicum.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "runs", "--json", "--home", str(tmp_path / "home")],
        stdout=writer, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


# -- results ---------------------------------------------------------------------------------


@pytest.fixture
def filled(store: Store, toys: Any) -> Store:
    """A store with two runs and a name."""
    made = perform(store, toys.job(n=2))
    perform(store, toys.job(made.artifact, n=1))
    store.point("counted", made.artifact.digest)
    return store


@pytest.mark.parametrize(
    "words",
    [
        ["models"], ["models", "--all"], ["models", "verify"], ["models", "verify", "counted"],
        ["runs"], ["tree"], ["gc"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_json_is_one_document_and_nothing_else(
    shell: Shell, filled: Store, words: list[str]
) -> None:
    assert shell(*words, "--json") == 0
    json.loads(shell.out)
    assert shell.out.endswith("\n")
    assert shell.err == ""


def test_one_run_is_shown_in_full_as_json(shell: Shell, filled: Store) -> None:
    run = filled.runs()[0]
    assert shell("runs", run.id, "--json") == 0
    assert json.loads(shell.out) == json.loads(run.model_dump_json(exclude_none=True))


def test_an_empty_store_says_what_to_try_on_standard_error(shell: Shell) -> None:
    assert shell("models") == 0
    assert (shell.out, shell.err) == ("", "nothing yet      try: practicum life\n")


def test_verify_counts_what_it_verified(shell: Shell, filled: Store) -> None:
    assert shell("models", "verify") == 0
    assert shell.out == "2 artifacts verified: every file is what its digest says\n"
    assert shell("models", "verify", "counted", "--json") == 0
    assert json.loads(shell.out) == {"verified": [filled.names()["counted"]]}


def test_verify_names_every_damaged_file_of_every_artifact(shell: Shell, filled: Store) -> None:
    for artifact in filled.artifacts():
        path = artifact.path("000.txt")
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[::-1])
    assert shell("models", "verify") == 1
    assert shell.out == ""
    assert shell.err.count("000.txt: content differs from its recorded sha256") == 2


def test_verify_does_not_pass_over_a_linked_model_whose_file_is_gone(
    shell: Shell, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"weights")
    store.link(tmp_path, "model", {}, [file])
    file.unlink()
    assert shell("models", "verify") == 1
    assert "model.gguf is missing" in shell.err


# -- help ------------------------------------------------------------------------------------


def test_help_lists_every_verb_with_its_line_in_the_order_of_a_models_life() -> None:
    shown = process("--help").stdout
    places = [shown.index(f"  {verb} ") for verb in VERBS]
    assert places == sorted(places)
    for _, line in VERBS.values():
        assert line.split()[0] in shown
    assert shown.rstrip().endswith("Start with: practicum map, or practicum life")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_can_be_loaded_and_explains_itself_and_its_options(verb: str) -> None:
    context = click.Context(cli)
    command = cli.get_command(context, verb)
    assert command is not None
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in SELF_EVIDENT:
            assert option.help, f"{verb} --{option.name}"


# Their names and types say it all.
SELF_EVIDENT = {"max_tokens", "temperature", "top_p", "seed", "threads", "form", "as_json"}


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    from practicum import __version__

    main(["--version"])
    assert capsys.readouterr().out.split()[-1] == __version__
