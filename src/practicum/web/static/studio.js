// What every page needs: actions, live streams, the theme, keys. Pages are made by the server;
// an action is a POST of JSON, its answer names the pieces of the page to put in place.

import { open } from "./dock.js";

export async function post(url, values = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(values),
    });
  } catch {
    throw new Error("The studio does not answer. Is it still running?");
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401) throw new Error("The studio was started again: open the address that it printed.");
  if (!answer.ok) throw new Error(told.error || `the studio answers ${answer.status}`);
  return told;
}

// Put what the server sent in place: {html: {selector: markup}, go: address, say: text}.
export function place(told) {
  for (const [selector, markup] of Object.entries(told.html || {})) {
    const spot = document.querySelector(selector);
    if (!spot) continue;
    spot.innerHTML = markup;
    wake(spot);
    const first = spot.querySelector("[autofocus]");
    if (first) first.focus();
  }
  if (told.say) say(told.say);
  if (told.go) location.assign(told.go);
}

export async function act(url, values = {}) {
  try {
    const told = await post(url, values);
    place(told);
    return told;
  } catch (error) {
    say(error.message, true);
    return null;
  }
}

let saidUntil;
export function say(text, isWrong = false) {
  const spot = document.getElementById("said");
  spot.textContent = text;
  spot.classList.toggle("wrong", isWrong);
  spot.classList.add("shown");
  clearTimeout(saidUntil);
  saidUntil = setTimeout(() => spot.classList.remove("shown"), isWrong ? 12000 : 5000);
}

// Values of a form as JSON: a checkbox is true or false, a repeated name a list.
export function valuesOf(form, submitter) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || field.type === "submit" || field.type === "button") continue;
    if (field.type === "radio" && !field.checked) continue;
    const value = field.type === "checkbox" ? field.checked : field.value;
    if (field.dataset.many !== undefined) (values[field.name] ??= []).push(value);
    else values[field.name] = value;
  }
  if (submitter && submitter.name) values[submitter.name] = submitter.value;
  return values;
}

// <form data-post="/address"> and <button data-post="/address" data-values='{"a": 1}'>.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form) return;
  event.preventDefault();
  await busy(form, () => act(event.submitter?.dataset.post || form.dataset.post, valuesOf(form, event.submitter)));
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-post]");
  if (!button || button.form?.dataset.post) return;
  if (button.dataset.sure && !confirm(button.dataset.sure)) return;
  await busy(button, () => act(button.dataset.post, JSON.parse(button.dataset.values || "{}")));
});

async function busy(element, work) {
  if (element.ariaBusy === "true") return;
  element.ariaBusy = "true";
  try {
    await work();
  } finally {
    element.ariaBusy = "false";
  }
}

// A stream of events from the server; `hear` gets each value. Gives a function that ends it.
export function listen(url, hear, ended = () => {}) {
  const source = new EventSource(url);
  source.onmessage = (event) => {
    const value = JSON.parse(event.data);
    hear(value);
    if (value.end) {
      source.close();
      ended(value);
    }
  };
  return () => source.close();
}

// Text that is read piece by piece as it is made.
export async function stream(url, values, hear) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(values),
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || `the studio answers ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    hear(value);
  }
}

// Pieces that arrive later are woken like those that were there; pages add their own wakers.
const wakers = [];
export function onWake(waker) {
  wakers.push(waker);
  waker(document);
}
function wake(root) {
  for (const waker of wakers) waker(root);
}

onWake((root) => {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
      say("Copied.");
    });
  }
});

// Dark and light: the system's choice until the button is pressed.
document.getElementById("theme-button")?.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
});

// Keys: g and a letter goes somewhere, / searches the map, a asks, ? lists them.
export function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}
let waitingForPlace = -Infinity;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.timeStamp - waitingForPlace < 1500) {
    waitingForPlace = -Infinity;
    const link = document.querySelector(`.bar a[data-key="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (event.key === "g") waitingForPlace = event.timeStamp;
  else if (event.key === "?") document.getElementById("keys").showModal();
  else if (event.key === "a") {
    event.preventDefault();
    document.getElementById("ask-button").click();
  } else if (event.key === "/" && !document.getElementById("search")) {
    event.preventDefault();
    location.assign("/map#search");
  }
});

open();
