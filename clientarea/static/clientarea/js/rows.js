// Buttons that change one row: only the row is exchanged. Without scripts the whole page comes back.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-swap-row]");
  if (!button || !window.htmx) return;
  event.preventDefault();
  htmx.ajax("POST", button.formAction, {
    source: button,
    target: button.closest("tr"),
    swap: "outerHTML",
  });
});
