// Keeping what is written: in the browser with every letter, in the file a moment later. A save
// names the version it changes; when the file is another by now, the learner chooses.
import { post, say } from "/static/studio.js";

const PAUSE_MS = 800;
const AGAIN_MS = 5000;

export function keeper(editor, where, sha) {
  const told = document.getElementById("save-told");
  const box = document.getElementById("conflict");
  const draftKey = `draft:${where}`;
  let base = sha;
  let kept = editor.text();
  let waiting;
  let saving = null;
  let theirs = null;
  let arrived = null;

  const isDirty = () => editor.text() !== kept;

  function draft() {
    try {
      if (isDirty()) localStorage.setItem(draftKey, JSON.stringify({ text: editor.text(), base }));
      else if (readDraft()?.text === kept) localStorage.removeItem(draftKey);
    } catch {
      // A browser without storage: the file alone must do.
    }
  }
  function readDraft() {
    try {
      return JSON.parse(localStorage.getItem(draftKey) || "null");
    } catch {
      return null;
    }
  }
  function tell(text, isWrong = false) {
    told.textContent = text;
    told.classList.toggle("bad", isWrong);
  }

  function changed() {
    draft();
    if (theirs) return;
    clearTimeout(waiting);
    if (!isDirty()) return tell("saved");
    tell("not saved yet");
    waiting = setTimeout(save, PAUSE_MS);
  }

  // True when the file holds what the editor shows.
  async function save() {
    clearTimeout(waiting);
    while (saving) await saving;
    if (theirs) return false;
    if (!isDirty()) return true;
    const text = editor.text();
    saving = send(text);
    try {
      return await saving;
    } finally {
      saving = null;
      const late = arrived;
      arrived = null;
      if (late) fileIs(late);
    }
  }

  async function send(text) {
    tell("saving…");
    let answer;
    try {
      answer = await fetch(`${where}/save`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text, base }) });
    } catch {
      tell("not saved: the studio does not answer. Your text is kept in this browser.", true);
      waiting = setTimeout(save, AGAIN_MS);
      return false;
    }
    const given = await answer.json().catch(() => ({}));
    if (answer.status === 409) {
      conflict(given);
      return false;
    }
    if (!answer.ok) {
      tell(`not saved: ${given.error || answer.status}. Your text is kept in this browser.`, true);
      return false;
    }
    settled(text, given.sha);
    return true;
  }

  function settled(text, version) {
    base = version;
    kept = text;
    draft();
    tell(isDirty() ? "not saved yet" : "saved");
  }

  function conflict(file) {
    theirs = file;
    box.hidden = false;
    document.getElementById("theirs").textContent = file.text;
    tell("not saved: choose a version", true);
    draft();
  }

  // The file as it is now, told by the server whenever it changed.
  function fileIs(file) {
    if (saving) arrived = file;
    else if (theirs) conflict(file);
    else if (file.sha === base) return;
    else if (file.text === editor.text()) settled(file.text, file.sha);
    else if (isDirty()) conflict(file);
    else take(file, "taken from the file, which was changed elsewhere");
  }

  function take(file, text = "saved") {
    editor.set(file.text);
    settled(file.text, file.sha);
    tell(text);
  }

  box.addEventListener("click", async (event) => {
    const choice = event.target.closest("[data-settle]")?.dataset.settle;
    if (event.target.id === "compare") {
      const spot = document.getElementById("theirs");
      spot.hidden = !spot.hidden;
      event.target.setAttribute("aria-expanded", String(!spot.hidden));
    }
    if (!choice) return;
    try {
      const mine = editor.text();
      const given = await post(`${where}/settle`, { text: mine, choice });
      theirs = null;
      box.hidden = true;
      if (choice === "file") take(given);
      else settled(mine, given.sha);
      if (given.kept) say(`The other version is kept as ${given.kept}, beside your script.`);
    } catch (error) {
      say(error.message, true);
    }
  });

  // A tab that was closed or a studio that was gone left a draft behind.
  const left = readDraft();
  if (left && left.text !== kept) {
    const file = { text: kept, sha: base };
    editor.set(left.text);
    if (left.base === base) changed();
    else conflict(file);
  }
  addEventListener("pagehide", () => {
    draft();
    if (isDirty() && !theirs)
      fetch(`${where}/save`, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: editor.text(), base }) }).catch(() => {});
  });

  return { changed, save, fileIs, take, base: () => base };
}
