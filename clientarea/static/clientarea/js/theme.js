// Runs before the first paint: the chosen theme, and a mark that scripts work.
const chosen = (() => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // storage is switched off: the system's theme it is
  }
})();
if (chosen === "light" || chosen === "dark") {
  document.documentElement.dataset.bsTheme = chosen;
}
document.documentElement.classList.add("js");
