// One question at a time by keyboard: a letter or a number chooses, Enter answers and goes on.
import { isTyping } from "/static/studio.js";

const round = document.getElementById("round");
const LETTERS = "abcdefgh";
let goesSomewhere = -Infinity; // when g was pressed: the letter after it is an address

// Before the keys of every page, of which `a` and `g` mean something else.
window.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const isRadio = event.target.type === "radio";
    if (!isRadio && isTyping(event.target)) return;
    if (event.key === "Enter") return enter(event);
    const choices = [...round.querySelectorAll("input[type=radio]")];
    if (event.timeStamp - goesSomewhere < 1500) return;
    const number = event.key.length === 1 ? LETTERS.indexOf(event.key.toLowerCase()) : -1;
    const chosen = choices[number >= 0 ? number : Number(event.key) - 1];
    if (!chosen) {
      if (event.key === "g") goesSomewhere = event.timeStamp;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    chosen.checked = true;
    chosen.focus();
  },
  true,
);

// Links and buttons answer to Enter by themselves; anywhere else it answers or goes on.
function enter(event) {
  if (event.target.closest("a, button, summary, input, .bar, .dock")) return;
  const form = round.querySelector("form");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
}

// Seconds that the question was looked at: a tab in the background does not think.
let looked = 0;
let since = document.hidden ? 0 : performance.now();
document.addEventListener("visibilitychange", () => {
  if (document.hidden && since) looked += performance.now() - since;
  since = document.hidden ? 0 : performance.now();
});
new MutationObserver(() => {
  if (!round.querySelector("form.asking")) return;
  looked = 0;
  since = performance.now();
}).observe(round, { childList: true });

document.addEventListener(
  "submit",
  (event) => {
    const field = event.target.elements.seconds;
    if (field) field.value = ((looked + (since ? performance.now() - since : 0)) / 1000).toFixed(1);
  },
  true,
);
