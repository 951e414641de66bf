// Work that is watched: a job's bar, curves, notes and steps, and the list of all jobs.
import { listen, place } from "./studio.js";

const SVG = "http://www.w3.org/2000/svg";

function make(tag, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${hours}:${String(minutes).padStart(2, "0")} h`;
  return minutes ? `${minutes}:${String(rest).padStart(2, "0")} min` : `${rest} s`;
}

const short = (value) => Number(value.toPrecision(3)).toString();

function showBar(bar, share) {
  bar.setAttribute("aria-valuenow", Math.round(100 * share));
  bar.firstElementChild.style.width = `${(100 * share).toFixed(1)}%`;
}

function farAs(event, since) {
  const parts = [`${event.done.toLocaleString("en")}${event.total ? ` of ${event.total.toLocaleString("en")}` : ""} ${event.unit}`];
  if (event.note.trim()) parts.push(event.note.trim());
  if (since && event.total && event.done > since.done && event.t > since.t) {
    const left = ((event.total - event.done) * (event.t - since.t)) / (event.done - since.done);
    parts.push(`about ${clock(left)} left`);
  }
  return parts.join(" · ");
}

// -- one job ---------------------------------------------------------------------------------

const live = document.getElementById("live");
const find = (part) => live.querySelector(`[data-part="${part}"]`);
let heard;

function forget() {
  heard = { curves: new Map(), steps: new Map(), since: null, last: null };
  find("notes").replaceChildren();
}

function hear(event) {
  if (event.kind === "begun") heard.since = heard.last = null;
  else if (event.kind === "started") {
    heard.steps.set(event.step, "running");
    heard.since = heard.last = null;
    find("what").textContent = event.about_s ? `${event.what}, about ${clock(event.about_s)} in all` : event.what;
  } else if (event.kind === "progress") {
    // A stage has several bars: a new unit or total begins a new measure of speed.
    const { last } = heard;
    if (!last || last.unit !== event.unit || last.total !== event.total || event.done < last.done) heard.since = event;
    heard.last = event;
  } else if (event.kind === "points") {
    const key = heard.steps.size > 1 ? `${event.step}: ${event.name}` : event.name;
    if (!heard.curves.has(key)) heard.curves.set(key, new Map());
    for (const [at, value] of event.points) heard.curves.get(key).set(at, value);
  } else if (event.kind === "note") {
    const line = document.createElement("li");
    line.textContent = event.text;
    find("notes").append(line);
  } else if (event.kind === "finished") {
    heard.steps.set(event.step, event.cached ? "made already" : `done in ${clock(event.seconds)}`);
    heard.last = null;
  }
}

function show() {
  const { last, since, steps } = heard;
  live.querySelector(".live-now").hidden = live.dataset.state !== "running";
  const bar = live.querySelector(".meter");
  if (last?.total) showBar(bar, last.done / last.total);
  find("how-far").textContent = last ? farAs(last, since) : "Starting: reading models and data …";
  const list = find("steps");
  list.hidden = steps.size < 2;
  list.replaceChildren(...[...steps].map(([name, state]) => {
    const line = document.createElement("li");
    const called = document.createElement("b");
    called.textContent = name;
    line.append(called, ` ${state}`);
    return line;
  }));
  // The newest curves: a long recipe has one for every step, and its report shows them all.
  const drawn = [...heard.curves].slice(-3).filter(([, points]) => points.size > 1);
  find("curves").replaceChildren(...drawn.map(([name, points]) => draw(name, points)));
}

// A small curve with its ends named; the finished run has the full plot and its table.
function draw(name, points) {
  const all = [...points].sort((a, b) => a[0] - b[0]);
  const every = Math.ceil(all.length / 600);
  const kept = all.filter((_, i) => i % every === 0 || i === all.length - 1);
  const [x0, x1] = [all[0][0], all.at(-1)[0]];
  const values = all.map(([, y]) => y);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [w, h, left, right, top, bottom] = [600, 210, 48, 60, 26, 26];
  const x = (at) => left + ((at - x0) / (x1 - x0 || 1)) * (w - left - right);
  const y = (value) => top + (1 - (value - low) / (high - low || 1)) * (h - top - bottom);
  const last = values.at(-1);
  const told = `${name} from ${short(values[0])} at ${x0} to ${short(last)} at ${x1}, lowest ${short(low)}`;
  const svg = make("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": told, class: "curve" });
  svg.append(
    make("text", { x: 0, y: 14, class: "name" }, name),
    ...[low, high].flatMap((value) => [
      make("line", { x1: left, x2: w - right, y1: y(value), y2: y(value), class: "grid" }),
      make("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, short(value)),
    ]),
    make("text", { x: left, y: h - 6 }, x0),
    make("text", { x: w - right, y: h - 6, "text-anchor": "end" }, x1),
    make("polyline", { points: kept.map(([a, v]) => `${x(a).toFixed(1)},${y(v).toFixed(1)}`).join(" ") }),
    make("circle", { cx: x(x1), cy: y(last), r: 3.5 }),
    make("text", { x: x(x1) + 8, y: y(last) + 4, class: "end" }, short(last)),
  );
  return svg;
}

if (live) {
  forget();
  listen(
    live.dataset.live,
    (told) => {
      if (told.is_first) forget(); // after a lost line everything is told again
      for (const event of told.events || []) hear(event);
      show();
      if (told.state && told.state !== live.dataset.state) location.reload();
    },
  );
}

// -- the list --------------------------------------------------------------------------------

const list = document.querySelector("[data-watch]");
if (list) {
  let since = null;
  listen(list.dataset.watch, (told) => {
    if (told.html) place(told);
    const event = told.progress;
    const row = event && list.querySelector(`[data-job="${event.id}"]`);
    if (!row) return;
    if (!since || since.id !== event.id || since.unit !== event.unit || event.done < since.done) since = event;
    if (event.total) showBar(row.querySelector(".meter"), event.done / event.total);
    row.lastElementChild.textContent = farAs(event, since);
  });
}

// -- pieces that take their time ---------------------------------------------------------------

for (const spot of document.querySelectorAll("[data-piece]")) {
  const answer = await fetch(spot.dataset.piece);
  if (answer.ok) spot.innerHTML = await answer.text(); // figures that the server drew and escaped
  else spot.textContent = "The curves could not be drawn.";
}
