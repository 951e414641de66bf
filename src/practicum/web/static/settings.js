// The theme by name, beside the button in the bar: "As the system" forgets the choice.
import { onWake, say } from "/static/studio.js";

const themes = document.getElementById("themes");
themes.addEventListener("change", (event) => {
  const theme = event.target.value;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=strict`;
  say(theme ? `${theme === "dark" ? "Dark" : "Light"} from now on.` : "As the system from now on.");
});

// The button in the bar chooses too; the list follows it.
new MutationObserver(() => {
  const theme = document.documentElement.dataset.theme || "";
  themes.querySelector(`input[value="${theme}"]`).checked = true;
}).observe(document.documentElement, { attributeFilter: ["data-theme"] });

// Whoever writes an address means the server.
onWake((root) => {
  for (const field of root.querySelectorAll(".server input")) {
    field.addEventListener("input", () => (field.form.querySelector('[value="server"]').checked = true));
  }
});
