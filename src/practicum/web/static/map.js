// The map: pan, zoom, walk, choose, search, filter. The drawing scrolls in its frame as any page
// does, so that without this file, and for touch and screen magnifiers, it still works.
import { isTyping, say } from "/static/studio.js";
import { enableFinding } from "/static/map-find.js";
import { enableMoves } from "/static/map-moves.js";

const view = document.getElementById("view");
const stage = document.getElementById("stage");
const panel = document.getElementById("panel");
const tools = document.getElementById("map-tools");
const search = document.getElementById("search");
const found = document.getElementById("found");
const moves = enableMoves(view);

// Slug → link, in the order of the roadmap.
const stops = new Map([...view.querySelectorAll(".stop")].map((stop) => [stop.dataset.slug, stop]));
let chosen;
let isChosenByPress = false; // the press that chooses a station does not open it; the next one does

// What must come before a station, or what comes after it, however far away.
function closure(slug, next) {
  const reached = new Set();
  const open = [slug];
  while (open.length) {
    for (const name of next(open.pop())) {
      if (reached.has(name)) continue;
      reached.add(name);
      open.push(name);
    }
  }
  return reached;
}
const needsOf = (slug) => stops.get(slug).dataset.needs.split(" ").filter((name) => stops.has(name));
const unlocksOf = (slug) => [...stops.keys()].filter((name) => needsOf(name).includes(slug));

function highlight(slug) {
  const needs = closure(slug, needsOf);
  const unlocks = closure(slug, unlocksOf);
  for (const [name, stop] of stops) {
    stop.classList.toggle("need", needs.has(name));
    stop.classList.toggle("unlock", unlocks.has(name));
    stop.classList.toggle("chosen", name === slug);
  }
  for (const way of view.querySelectorAll(".transfer")) {
    const { from, to } = way.dataset;
    const before = needs.has(from) && (to === slug || needs.has(to));
    const after = unlocks.has(to) && (from === slug || unlocks.has(from));
    way.classList.toggle("on", before || after);
    if (before || after) way.parentNode.append(way); // above those it shares its track with
  }
}

function address() {
  const query = new URLSearchParams();
  for (const box of tools.querySelectorAll("input:checked")) query.append(box.name, box.value);
  if (search.value.trim()) query.set("q", search.value.trim());
  if (chosen !== view.querySelector(".here")?.dataset.slug) query.set("at", chosen);
  const told = query.toString();
  history.replaceState(null, "", `/map${told ? `?${told}` : ""}${location.hash}`);
}

async function choose(slug, { focus = false, center = false } = {}) {
  const stop = stops.get(slug);
  if (!stop) return;
  if (focus && document.activeElement !== stop) {
    stop.focus({ preventScroll: true }); // its focus chooses it
    if (center) moves.center(stop);
    else moves.reveal(stop);
    return;
  }
  stops.get(chosen)?.setAttribute("tabindex", "-1");
  stop.setAttribute("tabindex", "0");
  chosen = slug;
  highlight(slug);
  view.classList.add("choosing");
  address();
  await showPanel(slug);
}

async function showPanel(slug) {
  stage.classList.remove("alone");
  const answer = await fetch(`/map/station/${encodeURIComponent(slug)}`);
  if (!answer.ok) return say("The studio was started again: open the address that it printed.", true);
  const markup = await answer.text();
  if (slug === chosen) panel.innerHTML = markup; // an older answer may arrive later
  panel.scrollTop = 0;
}

function clear() {
  view.classList.remove("choosing");
  stage.classList.add("alone");
}

view.addEventListener("focusin", (event) => {
  const stop = event.target.closest(".stop");
  if (stop) choose(stop.dataset.slug);
});
view.addEventListener("pointerdown", (event) => {
  const stop = event.target.closest(".stop");
  isChosenByPress = stop !== null && (stop.dataset.slug !== chosen || !view.classList.contains("choosing"));
});
view.addEventListener("click", (event) => {
  const stop = event.target.closest(".stop");
  if (!stop) return moves.wasDragged() ? undefined : clear();
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const isPress = event.detail > 0;
  if (stop.classList.contains("shut") || moves.wasDragged() || (isPress && isChosenByPress)) event.preventDefault();
  if (stop.classList.contains("shut") && !isPress) say("This station is not open yet; the panel says what it will teach.");
  if (stop.dataset.slug !== chosen || !view.classList.contains("choosing")) choose(stop.dataset.slug);
});

// Walking: along the line, or to the nearest station of another line, over a transfer if there is one.
function neighbour(key) {
  const here = stops.get(chosen);
  const walkable = [...stops.values()].filter((stop) => !stop.classList.contains("off") || stop === here);
  const line = walkable.filter((stop) => stop.dataset.part === here.dataset.part);
  const n = line.indexOf(here);
  if (key === "ArrowRight") return line[n + 1];
  if (key === "ArrowLeft") return line[n - 1];
  if (key === "Home") return line[0];
  if (key === "End") return line.at(-1);
  const side = key === "ArrowDown" ? 1 : -1;
  const [x, y] = moves.place(here);
  const joined = new Set([...needsOf(chosen), ...unlocksOf(chosen)]);
  const rated = walkable
    .filter((stop) => stop.dataset.part !== here.dataset.part && side * (moves.place(stop)[1] - y) > 0)
    .map((stop) => {
      const [toX, toY] = moves.place(stop);
      return [(joined.has(stop.dataset.slug) ? 0 : 1e6) + Math.abs(toX - x) + 2 * Math.abs(toY - y), stop];
    })
    .sort((a, b) => a[0] - b[0]);
  return rated[0]?.[1];
}

const WALKS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
const ZOOMS = { "+": "in", "=": "in", "-": "out", 0: "all" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) return;
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape" && found.contains(event.target)) search.focus();
  else if (event.key === "Escape" && view.contains(event.target)) clear();
  else if (event.key in ZOOMS) {
    event.preventDefault();
    zoom(ZOOMS[event.key]);
  } else if (WALKS.includes(event.key) && view.contains(event.target)) {
    event.preventDefault();
    const next = neighbour(event.key);
    if (next) choose(next.dataset.slug, { focus: true });
  }
});

function zoom(how) {
  if (how === "all") {
    clear(); // the panel makes room; the next station brings it back
    moves.fit();
  } else if (how === "here") choose(view.querySelector(".here").dataset.slug, { focus: true, center: true });
  else moves.zoomBy(how === "in" ? 1.25 : 0.8);
}
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => zoom(button.dataset.zoom));
}

// Links to stations, in the panel and in what was found, stay on the page.
for (const place of [panel, found]) {
  place.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-at]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(link.dataset.at, { focus: true, center: true });
  });
}

// Whoever comes back from a quiz in another tab finds what it changed.
document.addEventListener("visibilitychange", async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const stop of fresh.querySelectorAll(".stop")) {
    const own = stops.get(stop.dataset.slug);
    own.classList.replace(own.dataset.state, stop.dataset.state);
    own.dataset.state = stop.dataset.state;
    own.setAttribute("aria-label", stop.getAttribute("aria-label"));
    own.querySelector("use").setAttribute("href", stop.querySelector("use").getAttribute("href"));
  }
  document.getElementById("list").replaceChildren(...fresh.getElementById("list").childNodes);
  if (!stage.classList.contains("alone")) showPanel(chosen);
});

chosen = view.querySelector('.stop[tabindex="0"]').dataset.slug;
highlight(chosen);
moves.begin(stops.get(chosen));
enableFinding({ tools, search, found, stops, address, choose });
