// Menus are <details>: they work without this file. Here: Escape and a click outside close them.
function closeAll(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  const menu = event.target.closest("details.menu");
  closeAll(event.target.closest(".menu-panel a, .menu-panel button") ? null : menu);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]");
  closeAll(null);
  menu?.querySelector("summary").focus();
});

// A menu near the lower edge opens upward.
document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.menu") || !menu.open) return;
    const panel = menu.querySelector(".menu-panel");
    panel.classList.remove("upward");
    if (panel.getBoundingClientRect().bottom > innerHeight - 8) panel.classList.add("upward");
  },
  true,
);
