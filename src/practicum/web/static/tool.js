// A tool's form: the plan follows what is typed, and inputs may be chosen or written.
import { place, post, valuesOf } from "./studio.js";

const form = document.getElementById("tool");
const working = document.getElementById("working");
let isFresh = form.dataset.fresh !== undefined;
let waiting;
let asked = 0;

// Only the newest plan is shown: answers may arrive in another order than they were asked.
async function plan() {
  const mine = ++asked;
  // The first plan of some tools reads much; only then is there something to say.
  const slow = setTimeout(() => (working.textContent = "Planning …"), 500);
  try {
    const told = await post(form.dataset.plan, { ...valuesOf(form), fresh: isFresh });
    if (mine === asked) show(told);
  } catch (error) {
    if (mine === asked) working.textContent = error.message;
  } finally {
    clearTimeout(slow);
  }
}

function show(told) {
  working.textContent = "";
  place(told);
  mark();
}

// A field with a complaint says so to a screen reader too.
function mark() {
  for (const spot of form.querySelectorAll(".wrong")) {
    const isWrong = spot.textContent.trim() !== "";
    for (const field of form.querySelectorAll(`[aria-describedby~="${spot.id}"]`)) {
      if (isWrong) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }
}
new MutationObserver(mark).observe(form, { childList: true, subtree: true });

function soon() {
  isFresh = false;
  clearTimeout(waiting);
  waiting = setTimeout(plan, 250);
}
form.addEventListener("input", soon);

// The last choice of an input opens a field for a path.
form.addEventListener("change", (event) => {
  const typed = event.target.closest(".pick")?.querySelector("input");
  if (!typed || event.target.tagName !== "SELECT") return;
  typed.hidden = event.target.value !== event.target.options[event.target.options.length - 1].value;
  if (!typed.hidden) typed.focus();
});

// Merging takes any number of models: a row more.
for (const button of form.querySelectorAll("[data-another]")) {
  button.addEventListener("click", () => {
    const rows = form.querySelector(`[data-rows="${button.dataset.another}"] .rows`);
    const row = rows.querySelector(".pick").cloneNode(true);
    const number = rows.querySelectorAll(".pick").length + 1;
    const [choice, typed] = [row.querySelector("select"), row.querySelector("input")];
    choice.id += `-${number}`;
    choice.value = "";
    choice.ariaLabel = `${button.dataset.another} ${number}`;
    typed.value = "";
    typed.hidden = true;
    rows.append(row);
    choice.focus();
  });
}

// Tab writes two spaces in a recipe; Escape first gives the key back for leaving it.
for (const text of form.querySelectorAll("textarea.recipe")) {
  let leaves = false;
  text.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !event.shiftKey && !leaves) {
      event.preventDefault();
      text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
      soon();
    }
    leaves = event.key === "Escape";
  });
}

plan();
