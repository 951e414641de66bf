// The arena: both answers arrive together, arrows vote while the voting bar has the focus.
import { isTyping, listen, onWake, place } from "./studio.js";

const SETTLE_MS = 600; // a key that was meant for the page before must not vote
let shownAt = 0;

onWake((root) => {
  const writing = root.querySelector("[data-live]");
  if (writing) listen(writing.dataset.live, place);
  for (const spot of root.querySelectorAll("[data-piece]")) draw(spot);
  const bar = root.querySelector(".votes");
  if (bar) shownAt = performance.now();
  // The bar takes the focus where nobody else is using it: not from the tutor, not from a field.
  const next = bar || root.querySelector("[data-told]");
  const { activeElement } = document;
  if (next && (activeElement === document.body || activeElement === null)) next.focus({ preventScroll: root === document });
});

async function draw(spot) {
  const answer = await fetch(spot.dataset.piece);
  if (answer.ok) spot.innerHTML = await answer.text(); // a figure that the server drew and escaped
  else spot.textContent = "The ranking could not be drawn.";
}

document.addEventListener("keydown", (event) => {
  const bar = event.target.closest?.(".votes");
  if (!bar || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || isTyping(event.target)) return;
  const button = bar.querySelector(`[data-arrow="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  if (performance.now() - shownAt > SETTLE_MS) button.click();
});
