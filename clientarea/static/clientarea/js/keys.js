// "/" goes to the search field of the page; a form that is being sent says so.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("[data-search]") ?? document.getElementById("quick");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.target.target === "_blank" || event.defaultPrevented) return;
  button.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", () => {
  for (const button of document.querySelectorAll(".btn[aria-busy]")) {
    button.removeAttribute("aria-busy");
  }
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("[aria-busy]")) {
    button.removeAttribute("aria-busy");
  }
});
