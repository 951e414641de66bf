// Search and filters of the map: the server finds, the page shows what is left and keeps the address.

export function enableFinding({ tools, search, found, stops, address, choose }) {
  const list = document.getElementById("list");
  const nShown = document.getElementById("n-shown");
  let hits = null; // slugs of the last search, null when nothing is searched
  let waiting = 0;
  let asked = "";

  const chosenOf = (name) => new Set([...tools.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value));

  function show() {
    const [parts, states] = [chosenOf("part"), chosenOf("state")];
    let n = 0;
    for (const stop of stops.values()) {
      const { slug, part, state } = stop.dataset;
      const isIn = (!parts.size || parts.has(part)) && (!states.size || states.has(state)) && (!hits || hits.has(slug));
      stop.classList.toggle("off", !isIn);
      list.querySelector(`li[data-slug="${CSS.escape(slug)}"]`).hidden = !isIn;
      n += isIn;
    }
    for (const chapter of list.querySelectorAll(".chapter")) {
      chapter.hidden = chapter.querySelector("li:not([hidden])") === null;
    }
    nShown.textContent = `${n} of ${stops.size} stations`;
    address();
  }

  async function find() {
    const words = search.value.trim();
    if (words === asked) return;
    asked = words;
    if (!words) found.replaceChildren();
    else {
      const answer = await fetch(`/map/find?q=${encodeURIComponent(words)}`);
      if (!answer.ok || words !== asked) return; // an older answer may arrive later
      found.innerHTML = await answer.text();
    }
    readHits();
    show();
  }

  function readHits() {
    const told = found.querySelector("[data-all]");
    hits = told ? new Set(told.dataset.all.split(" ")) : null;
  }

  const isShut = () => found.classList.contains("shut");
  const shut = (wanted) => found.classList.toggle("shut", wanted);

  search.addEventListener("input", () => {
    shut(false);
    clearTimeout(waiting);
    waiting = setTimeout(find, 60);
  });
  search.addEventListener("focus", () => shut(false));
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "ArrowDown") return;
    event.preventDefault();
    if (event.key === "ArrowDown") return found.querySelector("a")?.focus();
    if (search.value && isShut()) {
      search.value = "";
      find();
    } else if (search.value) shut(true);
    else search.blur();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".map-search")) shut(true);
  });
  found.addEventListener("click", () => shut(true));
  found.addEventListener("keydown", (event) => {
    const links = [...found.querySelectorAll("a")];
    const n = links.indexOf(event.target) + { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (Number.isNaN(n)) return;
    event.preventDefault();
    event.stopPropagation();
    (links[n] || (n < 0 ? search : links.at(-1))).focus();
  });
  tools.addEventListener("change", (event) => {
    if (event.target !== search) show();
  });
  tools.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    await find();
    const first = found.querySelector("a[data-at]");
    if (!first) return;
    shut(true);
    choose(first.dataset.at, { focus: true, center: true });
  });

  function byHash() {
    if (location.hash === "#search") search.focus();
  }
  window.addEventListener("hashchange", byHash);

  document.getElementById("apply").hidden = true; // what is checked is shown at once
  asked = search.value.trim();
  readHits();
  shut(true);
  byHash();
}
