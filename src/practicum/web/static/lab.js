// A lab at work: run, hear what it prints as it prints it, see each check and why it is red.
import { listen, onWake, place, post, say } from "/static/studio.js";
import { editor as edit, paint } from "/static/editor.js";
import { keeper } from "/static/lab-keep.js";

const lab = document.getElementById("lab");
const where = lab.dataset.lab;
const at = (id) => document.getElementById(id);
let keep;
const editor = edit(at("editor"), () => {
  keep.changed();
  at("lab-result").classList.add("stale");
});
keep = keeper(editor, where, lab.dataset.sha);

// On a phone one part is shown at a time; on a wide screen all are.
function show(part) {
  lab.dataset.shown = part;
  for (const tab of lab.querySelectorAll("[data-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.tab === part));
}
lab.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) show(tab.dataset.tab);
  const jump = event.target.closest(".jump");
  if (!jump) return;
  const task = jump.dataset.task;
  const line = task
    ? editor.lineOf(new RegExp(`^[ \\t]*# TODO ${task}:`, "m")) || editor.lineOf(new RegExp(`^[ \\t]*(def|class) ${task}\\b`, "m")) || 1
    : Number(jump.dataset.line);
  show("code");
  editor.goTo(line);
});

let ticking;
function tell(state, seconds) {
  const isBusy = state === "running" || state === "waiting";
  const hadFocus = document.activeElement === at("run") || document.activeElement === at("stop");
  at("run").hidden = isBusy;
  at("stop").hidden = !isBusy;
  if (hadFocus) at(isBusy ? "stop" : "run").focus();
  at("reset").disabled = isBusy;
  lab.classList.toggle("busy", isBusy);
  clearInterval(ticking);
  const spot = at("run-told");
  if (state === "waiting") spot.textContent = "another lab is running: this one starts when it ends";
  else if (state === "running") {
    const began = performance.now() - seconds * 1000;
    // The clock is for the eye: read aloud once a second it would drown everything else.
    spot.setAttribute("aria-live", "off");
    const tick = () => (spot.textContent = `running, ${Math.floor((performance.now() - began) / 1000)} of ${Math.round(lab.dataset.seconds)} s`);
    tick();
    ticking = setInterval(tick, 1000);
  } else {
    spot.setAttribute("aria-live", "polite");
    spot.textContent = at("verdict")?.querySelector("strong")?.textContent || "";
  }
}

const output = at("output");
function print(text) {
  const isAtEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 40;
  output.append(text);
  if (isAtEnd) output.scrollTop = output.scrollHeight;
}

function judged(html) {
  place({ html });
  const result = at("lab-result");
  result.classList.remove("stale");
  editor.mark([...result.querySelectorAll("[data-wrong]")].map((jump) => Number(jump.dataset.line)));
  const checks = result.querySelectorAll(".check");
  at("tab-count").textContent = `${result.querySelectorAll(".check.passed").length}/${checks.length}`;
}

let state = "idle";
function hear(told) {
  if (told.fresh) {
    output.textContent = "";
    state = "idle";
  }
  if (told.output) print(told.output);
  if (told.state) {
    if (told.state === "done") judged(told.html);
    if (told.state !== "idle") tell(told.state, told.seconds);
    state = told.state;
  }
  if (told.file) keep.fileIs(told.file);
  if (told.wrong) say(told.wrong, true);
}

// A browser keeps few connections to one place: a tab that is not seen gives its own back.
let hangUp = null;
function listenWhenSeen() {
  if (document.visibilityState === "visible") hangUp ??= listen(`${where}/live`, hear);
  else if (hangUp) {
    hangUp();
    hangUp = null;
  }
}
document.addEventListener("visibilitychange", listenWhenSeen);
addEventListener("pagehide", () => hangUp?.());
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  hangUp = null;
  listenWhenSeen();
});
listenWhenSeen();

async function run() {
  if (state === "running" || state === "waiting") return;
  state = "waiting";
  try {
    if (!(await keep.save())) {
      state = "idle";
      return show("code");
    }
    await post(`${where}/run`, { text: editor.text(), base: keep.base() });
    tell("running", 0);
    show("result");
  } catch (error) {
    state = "idle";
    say(error.message, true);
  }
}
at("run").addEventListener("click", run);
at("stop").addEventListener("click", () => post(`${where}/stop`).catch((error) => say(error.message, true)));
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.key === "Enter") {
    event.preventDefault();
    run();
  } else if (event.key === "s") {
    event.preventDefault();
    keep.save();
  }
});

at("reset").addEventListener("click", async () => {
  if (!confirm("Start over with the script as it was shipped? What you wrote is kept beside it.")) return;
  if (!(await keep.save())) return show("code");
  try {
    const told = await post(`${where}/reset`);
    keep.take(told);
    at("reset-told").textContent = told.kept ? `Your work is kept: ${told.kept}` : "It was as shipped already.";
    at("lab-result").classList.add("stale");
  } catch (error) {
    say(error.message, true);
  }
});

onWake((root) => {
  for (const code of root.querySelectorAll("[data-paint]")) {
    const text = code.textContent;
    code.replaceChildren();
    paint(code, text);
  }
});
