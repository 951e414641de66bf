// The key arrives behind the #, which browsers keep to themselves; it is exchanged for a cookie.
const form = document.getElementById("enter");
const wrong = document.getElementById("wrong");

async function enter(key) {
  const answer = await fetch("/enter", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key }),
  });
  const told = await answer.json();
  if (answer.ok) location.replace(told.go);
  else wrong.textContent = told.error;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  enter(form.elements.key.value.trim().replace(/^.*#/, ""));
});

function enterByAddress() {
  const key = location.hash.slice(1);
  if (!key) return;
  history.replaceState(null, "", "/enter");
  enter(key);
}

window.addEventListener("hashchange", enterByAddress);
enterByAddress();
