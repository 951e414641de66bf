"""The lab's page: from red to green with the reason for red, and nothing written is ever lost."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from practicum.learn.labs.lab import Lab
from practicum.web.labs.desk import LONGEST, sha_of
from practicum.web.labs.running import shown

HERE = "/lab/python-basics/slices"


@pytest.fixture
def lab(client: Any) -> Lab:
    return client.studio.learner.find_lab("python-basics/slices")[1]


def mine(client: Any) -> Path:
    return client.studio.learner.labs_folder / "python-basics" / "slices" / "lab.py"


def sha(lab: Lab) -> str:
    return sha_of(lab.script.read_bytes())


def write(client: Any, text: str, base: str, verb: str = "save") -> Any:
    return client.post(f"{HERE}/{verb}", {"text": text, "base": base})


def until_done(client: Any, where: str = "python-basics/slices") -> Any:
    runs = client.http.app.app.state.lab_runs
    found = client.studio.learner.find_lab(where)[1]
    for _ in range(400):
        if runs.of(found).state == "done":
            return runs.of(found)
        time.sleep(0.05)
    raise AssertionError("the run does not end")


def test_a_lab_goes_from_red_with_reasons_to_green(client: Any, lab: Lab) -> None:
    assert "Not run yet." in client.get(HERE).text
    assert not mine(client).exists(), "looking at a lab writes nothing"
    assert write(client, lab.script.read_text("utf-8"), sha(lab), "run").status_code == 200
    until_done(client)
    red = client.get(HERE).text
    n = len(lab.tasks)
    assert f"0 of {n} checks pass." in red
    assert red.count(" is still open") == n
    assert 'data-line="' in red
    solved = lab.solution.read_text("utf-8")
    assert write(client, solved, sha(lab), "run").status_code == 200
    until_done(client)
    green = client.get(HERE).text
    assert f"Passed: all {n} checks." in green
    assert f"of {lab.memory_mb} MB" in green
    assert client.studio.learner.has_passed(lab)
    assert mine(client).read_text("utf-8") == solved


def test_a_wrong_answer_and_a_failing_cell_name_their_lines(client: Any, lab: Lab) -> None:
    wrong = lab.solution.read_text("utf-8") + "\n# %%\nprint(1 / 0)\n"
    write(client, wrong, sha(lab), "run")
    until_done(client)
    text = client.get(HERE).text
    line = len(wrong.splitlines())
    assert f'data-line="{line}" data-wrong>line {line}</button> <code>ZeroDivisionError' in text


def test_what_a_lab_prints_is_never_markup(client: Any, lab: Lab) -> None:
    evil = "</textarea><script>alert(1)</script>"
    text = f"# %%\nraise ValueError({evil!r})\n"
    write(client, text, sha(lab), "run")
    until_done(client)
    page = client.get(HERE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_what_only_a_terminal_obeys_is_not_shown() -> None:
    assert shown("a\x1b[31mred\x1b[0m\x07\r\nb\rc\x00\x9b2J\tö\n") == "ared\nb\nc2J\tö\n"


def test_a_save_of_an_older_version_writes_nothing_and_tells_both(client: Any, lab: Lab) -> None:
    first = write(client, "one = 1\n", sha(lab)).json()["sha"]
    assert mine(client).read_text("utf-8") == "one = 1\n"
    mine(client).write_text("other = 2\n", encoding="utf-8")
    for verb in ("save", "run"):
        answer = write(client, "mine = 3\n", first, verb)
        assert answer.status_code == 409
        told = answer.json()
        assert told["text"] == "other = 2\n"
        assert told["sha"] == sha_of(b"other = 2\n")
        assert told["mine"] == sha_of(b"mine = 3\n")
    assert mine(client).read_text("utf-8") == "other = 2\n"
    same = write(client, "other = 2\n", "anything")
    assert same.status_code == 200, "the same text is no conflict"


@pytest.mark.parametrize(("choice", "stays", "kept"), [
    ("file", "theirs = 1\n", "mine = 2\n"), ("mine", "mine = 2\n", "theirs = 1\n")])  # fmt: skip
def test_whichever_version_is_taken_the_other_is_kept_beside(
    client: Any, lab: Lab, choice: str, stays: str, kept: str
) -> None:
    write(client, "theirs = 1\n", sha(lab))
    mine(client).with_name("lab.kept-1.py").write_text("older", encoding="utf-8")
    told = client.post(f"{HERE}/settle", {"text": "mine = 2\n", "choice": choice}).json()
    assert told["text"] == stays
    assert mine(client).read_text("utf-8") == stays
    assert told["kept"] == "lab.kept-2.py"
    assert mine(client).with_name("lab.kept-2.py").read_text("utf-8") == kept
    assert mine(client).with_name("lab.kept-1.py").read_text("utf-8") == "older"


def test_a_choice_that_is_none_changes_nothing(client: Any, lab: Lab) -> None:
    write(client, "theirs = 1\n", sha(lab))
    for text, choice in (("x", "both"), (5, "mine"), ("x" * (LONGEST + 1), "mine")):
        given = {"text": text, "choice": choice}
        assert client.post(f"{HERE}/settle", given).status_code == 400
    assert [p.name for p in mine(client).parent.glob("lab*")] == ["lab.py"]


def test_a_script_that_is_too_long_or_half_a_letter_is_refused_with_words(
    client: Any, lab: Lab
) -> None:
    answer = write(client, "x" * (LONGEST + 1), sha(lab))
    assert answer.status_code == 400
    assert "200,000 characters" in answer.json()["error"]
    half = b'{"text": "x = \\ud800", "base": ""}'
    headers = {"origin": str(client.http.base_url), "content-type": "application/json"}
    refused = client.http.post(f"{HERE}/save", content=half, headers=headers)
    assert "half a letter" in refused.json()["error"]
    assert client.post(f"{HERE}/save", {"text": ["no"], "base": ""}).status_code == 400
    assert not mine(client).exists()


def test_a_file_that_is_not_text_is_told_and_reset_keeps_it(client: Any, lab: Lab) -> None:
    write(client, "x = 1\n", sha(lab))
    mine(client).write_bytes(b"\xff\xfe bad")
    assert client.get(HERE).status_code == 400
    assert write(client, "y", "z").status_code == 400
    assert mine(client).read_bytes() == b"\xff\xfe bad"
    assert client.post(f"{HERE}/reset").json()["sha"] == sha(lab)
    assert mine(client).with_name("lab.kept-1.py").read_bytes() == b"\xff\xfe bad"


def test_windows_line_ends_are_read_and_only_a_change_rewrites_them(client: Any, lab: Lab) -> None:
    write(client, "x = 1\n", sha(lab))
    mine(client).write_bytes(b"a = 1\r\nb = 2\r\n")
    page = client.get(HERE).text
    assert "\r" not in page
    assert f'data-sha="{sha_of(mine(client).read_bytes())}"' in page


def test_hints_come_one_by_one_and_are_remembered(client: Any, lab: Lab) -> None:
    task = next(t for t in lab.tasks if len(t.hints) > 1)
    for number in range(1, len(task.hints) + 2):
        told = client.post(f"{HERE}/hint", {"task": task.name}).json()["html"]
        assert told[f"#hints-{task.name}"].count("<li") == min(number, len(task.hints))
    assert "ask-hint" not in told[f"#hints-{task.name}"]
    n_events = sum(e.kind == "hint" for e in client.studio.learner.progress.events())
    assert n_events == len(task.hints), "one that was seen is not told again as new"
    assert client.get(HERE).text.count('<ol class="hints">') == 1
    assert client.post(f"{HERE}/hint", {"task": "nothing"}).status_code == 404


def test_the_solution_needs_a_pass_or_giving_up_which_is_remembered(client: Any, lab: Lab) -> None:
    assert "Give up and show it" in client.get(HERE).text
    for given in ({}, {"surrender": "true"}, {"surrender": 1}):
        refused = client.post(f"{HERE}/solution", given)
        assert refused.status_code == 400
        assert "after a pass" in refused.json()["error"]
    told = client.post(f"{HERE}/solution", {"surrender": True}).json()["html"]["#lab-solution"]
    assert "data-paint" in told
    (event,) = client.studio.learner.progress.events()
    assert (event.kind, event.told["surrendered"]) == ("solution", True)
    assert "Show the solution" in client.get(HERE).text


def test_reset_keeps_what_was_written_and_says_where(client: Any, lab: Lab) -> None:
    write(client, "mine = 1\n", sha(lab))
    told = client.post(f"{HERE}/reset").json()
    assert told["text"] == lab.script.read_text("utf-8")
    assert Path(told["kept"]).read_text("utf-8") == "mine = 1\n"
    assert client.post(f"{HERE}/reset").json()["kept"] == "", "nothing was written, nothing is kept"


def test_a_run_is_stopped_and_judges_nothing(client: Any, lab: Lab) -> None:
    assert client.post(f"{HERE}/stop").status_code == 400
    write(client, "print('on', flush=True)\nwhile True:\n    pass\n", sha(lab), "run")
    again = write(client, "print('on', flush=True)\nwhile True:\n    pass\n", "", "run")
    assert again.status_code == 400
    assert "running already" in again.json()["error"]
    assert client.post(f"{HERE}/reset").status_code == 400
    assert client.post(f"{HERE}/stop").status_code == 200
    assert until_done(client).outcome.stopped
    assert "Nothing was judged." in client.get(HERE).text
    assert client.studio.learner.progress.events() == []


def test_a_second_lab_waits_for_its_turn_and_can_be_stopped_while_it_waits(
    client: Any, lab: Lab
) -> None:
    other = "/lab/python-basics/sets"
    text = client.studio.learner.find_lab("python-basics/sets")[1].script.read_text("utf-8")
    with client.studio.lab_turn:
        write(client, lab.script.read_text("utf-8"), sha(lab), "run")
        client.post(f"{other}/run", {"text": text, "base": ""})
        runs = client.http.app.app.state.lab_runs
        assert runs.of(lab).state == "waiting"
        client.post(f"{other}/stop")
        stopped = until_done(client, "python-basics/sets")
        assert stopped.failure == "stopped before it began"
        assert runs.of(lab).state == "waiting"
    assert until_done(client).outcome is not None


def test_a_run_that_fails_within_ends_too(client: Any, lab: Lab, monkeypatch: Any) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(client.studio.learner, "check", broken)
    write(client, lab.script.read_text("utf-8"), sha(lab), "run")
    assert "no room" in until_done(client).failure
    assert "no room" in client.get(HERE).text
    assert client.studio.lab_turn.acquire(blocking=False), "the turn is given back"


def test_addresses_of_labs(client: Any) -> None:
    assert client.get("/lab/linear-algebra").headers["location"] == "/lab/linear-algebra/moves"
    assert client.get("/lab/F1a/moves").headers["location"] == "/lab/linear-algebra/moves"
    concept = client.studio.learner.roadmap.concepts["linear-algebra"]
    client.studio.learner.progress.add("lab", concept.id, lab="moves", all=True, passed=[], n=5)
    assert client.get("/lab/linear-algebra").headers["location"] == "/lab/linear-algebra/directions"
    assert client.get("/lab/transformer").headers["location"] == "/learn/transformer"
    for wrong in ("/lab/nothing", "/lab/linear-algebra/nothing", "/lab/nothing/moves",
                  "/lab/linear-algebra/..%2f..%2fcalculus"):  # fmt: skip
        assert client.get(wrong).status_code == 404, wrong
        assert client.post(f"{wrong}/run", {"text": "", "base": ""}).status_code in (404, 405)


def test_every_lab_has_a_page_with_all_its_tasks(client: Any) -> None:
    learner = client.studio.learner
    for concept in learner.roadmap.concepts.values():
        for lab in learner.labs(concept)[:3] if concept.is_open else []:
            answer = client.get(f"/lab/{concept.slug}/{lab.slug}")
            assert answer.status_code == 200, lab.slug
            for task in lab.tasks:
                assert answer.text.count(f'id="mark-{task.name}"') == 1, (lab.slug, task.name)
                assert answer.text.count(f'id="hints-{task.name}"') == 1
            ids = [part.split('"')[0] for part in answer.text.split(' id="')[1:]]
            assert len(ids) == len(set(ids)), lab.slug


def test_the_notebook_holds_what_the_learner_wrote(client: Any, lab: Lab) -> None:
    text = lab.script.read_text("utf-8") + "\n# %%\nmine_own = 1\n"
    write(client, text, sha(lab))
    answer = client.get(f"{HERE}/notebook")
    assert "attachment" in answer.headers["content-disposition"]
    cells = json.loads(answer.text)["cells"]
    assert any("mine_own" in "".join(cell["source"]) for cell in cells)


def test_a_page_hears_output_then_verdicts_then_changes_of_the_file(server: Any) -> None:
    learner = server.studio.learner
    lab = learner.find_lab("python-basics/slices")[1]
    script = learner.script(lab)
    told: list[dict[str, Any]] = []
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def send(path: str, values: dict[str, Any] | None = None) -> Any:
        given = None if values is None else json.dumps(values).encode()
        headers = {"origin": server.here, "content-type": "application/json"}
        return browser.open(urllib.request.Request(server.here + path, given, headers), timeout=20)

    send("/enter", {"key": server.studio.door.token})
    text = lab.solution.read_text("utf-8").replace("# %%\n", "# %%\nprint('hello <b>')\n", 1)
    send(f"{HERE}/run", {"text": text, "base": sha(lab)})
    with send(f"{HERE}/live") as live:
        for line in live:
            if not line.startswith(b"data: "):
                continue
            told.append(json.loads(line[6:]))
            if told[-1].get("state") == "done":
                script.write_text("changed = 1\n", encoding="utf-8")
            if told[-1].get("file", {}).get("text") == "changed = 1\n":
                break
    assert told[0] == {"fresh": True}
    assert "hello <b>" in "".join(value.get("output", "") for value in told)
    (done,) = [value for value in told if value.get("state") == "done"]
    assert "Passed" in done["html"]["#lab-result"]
    last_output = max(i for i, value in enumerate(told) if "output" in value)
    assert last_output < told.index(done), "everything that was printed comes before the verdicts"
