// The button that turns light and dark round, and remembers it.
const root = document.documentElement;
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.bsTheme ? root.dataset.bsTheme === "dark" : systemIsDark.matches;
}

function describe(button) {
  button.setAttribute("aria-pressed", String(isDark()));
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  describe(button);
  systemIsDark.addEventListener("change", () => describe(button));
  button.addEventListener("click", () => {
    root.dataset.bsTheme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.bsTheme);
    } catch {
      // Storage is switched off: the choice lasts as long as this page.
    }
    describe(button);
  });
}
