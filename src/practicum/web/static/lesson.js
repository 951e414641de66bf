// A lesson: where one is in it, where its numbers come from, and that it was read.
import { act, isTyping, say } from "/static/studio.js";

const sheet = document.querySelector("[data-lesson]");
const where = sheet.dataset.lesson;

// The contents stand in the margin when there is room, else they are folded.
const contents = document.getElementById("contents");
const hasMargin = matchMedia("(min-width: 74rem)");
const unfold = () => (contents.open = hasMargin.matches);
hasMargin.addEventListener("change", unfold);
unfold();
contents.addEventListener("click", (event) => {
  if (event.target.closest("a") && !hasMargin.matches) contents.open = false;
});

const links = new Map([...contents.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
let isMarking = false;
addEventListener("scroll", () => {
  if (isMarking) return;
  isMarking = true;
  requestAnimationFrame(() => {
    isMarking = false;
    const above = headings.filter((h) => h.getBoundingClientRect().top < innerHeight * 0.35);
    for (const link of links.values()) link.removeAttribute("aria-current");
    if (above.length) links.get(above.at(-1).id).setAttribute("aria-current", "location");
  });
}, { passive: true });

// The tutor links to a line. What is folded opens; a line within a paragraph leads to its beginning.
function reveal() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (!wanted) return;
  let target = document.getElementById(wanted);
  const line = wanted.match(/^l(\d+)$/);
  if (!target && line) {
    for (let n = Number(line[1]); n > 0 && !target; n--) target = document.getElementById(`l${n}`);
  }
  if (!target) return;
  for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  const piece = target.textContent ? target : target.parentElement;
  document.querySelector(".pointed")?.classList.remove("pointed");
  piece.classList.add("pointed");
  piece.scrollIntoView({ block: "center" });
}
addEventListener("hashchange", reveal);
reveal();

// A number opens where it is recomputed.
const box = document.getElementById("claim");
for (const number of document.querySelectorAll(".claim[data-claim]")) {
  if (number.closest("a, summary, label")) continue;
  number.setAttribute("role", "button");
  number.tabIndex = 0;
  number.setAttribute("aria-haspopup", "dialog");
  number.title = "Where this number comes from";
}
document.addEventListener("click", (event) => {
  const number = event.target.closest(".claim[role=button]");
  if (number) show(number);
});
document.addEventListener("keydown", (event) => {
  const number = event.target.closest?.(".claim[role=button]");
  if (!number || isTyping(event.target) || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  show(number);
});

async function show(number) {
  const answer = await fetch(`${where}/claim/${number.dataset.claim}`).catch(() => null);
  if (!answer?.ok) return say("The studio does not answer. Is it still running?", true);
  box.innerHTML = await answer.text();
  const place = number.getBoundingClientRect();
  const from = number;
  box.removeAttribute("style");
  box.showPopover();
  const size = box.getBoundingClientRect();
  const isBelow = place.bottom + size.height + 20 < innerHeight || place.top < innerHeight / 2;
  const left = Math.max(12, Math.min(place.left - 24, document.documentElement.clientWidth - size.width - 12));
  box.style.left = `${left}px`;
  if (isBelow) box.style.top = `${place.bottom + 8}px`;
  else box.style.bottom = `${innerHeight - place.top + 8}px`;
  box.style.maxHeight = `${(isBelow ? innerHeight - place.bottom : place.top) - 20}px`;
  box.querySelector("[autofocus]").focus({ preventScroll: true });
  box.addEventListener("toggle", (event) => event.newState === "closed" && from.focus({ preventScroll: true }), { once: true });
}

// A formula or table that is wider than the page scrolls; then the keyboard must reach it.
function reachable() {
  for (const wide of document.querySelectorAll(".formula, .prose pre")) {
    if (wide.scrollWidth > wide.clientWidth + 1) {
      wide.tabIndex = 0;
      if (!wide.hasAttribute("role")) wide.setAttribute("role", "region");
      if (!wide.hasAttribute("aria-label")) wide.setAttribute("aria-label", wide.tagName === "PRE" ? "code" : "formula");
    } else if (!wide.dataset.kept) wide.removeAttribute("tabindex");
  }
}
for (const kept of document.querySelectorAll(".prose pre[tabindex]")) kept.dataset.kept = "1";
addEventListener("resize", reachable);
reachable();

// Who reaches the end has read it; it must stay in sight for a moment, so a jump does not count.
const end = document.getElementById("read");
if (end.querySelector("button")) {
  let waiting;
  const seen = new IntersectionObserver(([entry]) => {
    clearTimeout(waiting);
    if (!entry.isIntersecting || !end.querySelector("button")) return;
    waiting = setTimeout(() => {
      seen.disconnect();
      if (end.querySelector("button")) act(`${where}/read`);
    }, 1500);
  });
  seen.observe(end);
}
