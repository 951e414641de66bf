// The tutor: a dock on every page, and the same on its own page. Text of a model is put in as
// text; only what the server rendered becomes markup.
import { isTyping, listen, post, say, stream } from "/static/studio.js";

const button = document.getElementById("ask-button");
const dock = document.getElementById("dock");
const isOpenKey = "dock-is-open";

export function open() {
  const own = document.querySelector("[data-tutor]");
  if (own) {
    button.hidden = true;
    wake(own);
    return;
  }
  button.addEventListener("click", () => (dock.hidden ? show() : hide()));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !dock.hidden && (dock.contains(event.target) || !isTyping(event.target))) hide();
  });
  if (sessionStorage.getItem(isOpenKey) && matchMedia("(min-width: 72rem)").matches) show(false);
}

async function show(focus = true) {
  const answer = await fetch("/dock");
  if (!answer.ok) return say("The studio was started again: open the address that it printed.", true);
  dock.innerHTML = await answer.text();
  dock.hidden = false;
  document.body.classList.add("with-dock");
  button.setAttribute("aria-expanded", "true");
  sessionStorage.setItem(isOpenKey, "1");
  wake(dock, focus);
}

function hide() {
  dock.hidden = true;
  document.body.classList.remove("with-dock");
  button.setAttribute("aria-expanded", "false");
  sessionStorage.removeItem(isOpenKey);
  button.focus();
}

function wake(root, focus = true) {
  const form = root.querySelector("#ask-form");
  const field = form.elements.question;
  root.querySelector("#dock-close")?.addEventListener("click", hide);
  root.querySelector("#prepare-button")?.addEventListener("click", () => prepare(root));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(root, form, field);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  const talk = root.querySelector("#talk");
  talk.scrollTop = talk.scrollHeight;
  for (const phrased of talk.querySelectorAll("[data-phrase]")) phrased.hidden = true;
  if (focus) field.focus();
}

async function ask(root, form, field) {
  const question = field.value.trim();
  if (!question || form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  try {
    const told = await post("/ask", { question });
    if (told.go) return location.assign(told.go);
    const talk = root.querySelector("#talk");
    root.querySelector("#no-talk")?.remove();
    talk.insertAdjacentHTML("beforeend", told.answer);
    field.value = "";
    const answer = talk.querySelector(`#answer-${told.number}`);
    answer.scrollIntoView({ block: "start" });
    const phrased = answer.querySelector("[data-phrase]");
    if (phrased) await phrase(phrased, told.number);
  } catch (error) {
    say(error.message, true);
  } finally {
    form.ariaBusy = "false";
  }
}

// The model's words as they come; [2] becomes a link to the second quote.
async function phrase(spot, number) {
  let text = "";
  await stream(spot.dataset.phrase, {}, (piece) => {
    text += piece;
    spot.replaceChildren(
      ...text.split(/(\[\d+\])/).map((part) => {
        const mark = part.match(/^\[(\d+)\]$/);
        if (!mark) return document.createTextNode(part);
        const link = document.createElement("a");
        link.href = `#quote-${number}-${mark[1]}`;
        link.textContent = part;
        return link;
      }),
    );
  });
}

async function prepare(root) {
  const button = root.querySelector("#prepare-button");
  const said = root.querySelector("#prepare-said");
  button.disabled = true;
  said.textContent = "fetching…";
  await post("/ask/prepare");
  listen(
    "/ask/preparing",
    (value) => (said.textContent = value.total ? `${value.say} of ${value.total}` : value.say),
    (value) => {
      if (value.failed) button.disabled = false;
      else root.querySelector("#prepare").remove();
      say(value.say, Boolean(value.failed));
    },
  );
}
