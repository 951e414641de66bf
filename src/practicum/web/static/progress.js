// Pictures come after the page, and a file that was chosen is read here and sent as text.
import { place, post, say } from "/static/studio.js";

const LARGEST = 900_000; // characters; the server takes a megabyte, and quotes are escaped on the way

const pictures = document.getElementById("pictures");
if (pictures) {
  fetch(pictures.dataset.fetch)
    .then((answer) => (answer.ok ? answer.text() : Promise.reject()))
    .then((markup) => (pictures.innerHTML = markup))
    .catch(() => (pictures.textContent = "The pictures could not be drawn. Reload the page to try again."))
    .finally(() => (pictures.ariaBusy = "false"));
}

const chosen = document.getElementById("import-file");
chosen.addEventListener("change", async () => {
  const file = chosen.files[0];
  if (!file) return;
  const spot = document.getElementById("imported");
  spot.className = "";
  spot.textContent = "Reading…";
  try {
    const text = await file.text();
    if (JSON.stringify(text).length > LARGEST) {
      spot.textContent = "This file is too large for the page. In a terminal: practicum progress --import FILE";
      return;
    }
    place(await post("/progress/import", { text }));
  } catch (error) {
    spot.textContent = error.message;
    spot.className = "bad";
    say("Nothing was added.", true);
  } finally {
    chosen.value = ""; // the same file may be chosen again
  }
});
