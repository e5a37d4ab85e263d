// Links marked data-dialog open their page's inner part in the dialog; without scripts they are links.
const dialog = document.getElementById("dialog");
const content = document.getElementById("dialog-content");
const waiting = document.getElementById("dialog-waiting");

if (dialog) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    const wantsItsOwnTab = event.ctrlKey || event.metaKey || event.shiftKey;
    if (!link || wantsItsOwnTab || !window.htmx) return;
    event.preventDefault();
    htmx.ajax("GET", link.href, { source: link, target: "#dialog-content" });
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.matches("[data-dialog]")) return;
    content.replaceChildren(waiting.content.cloneNode(true));
    dialog.showModal();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== content) return;
    const wrong = content.querySelector("[aria-invalid='true']");
    (wrong ?? content.querySelector("[autofocus]"))?.focus();
  });

  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (event.detail.target === content && event.target.matches("[data-dialog]")) dialog.close();
    });
  }

  dialog.addEventListener("click", (event) => {
    const isBackdrop = event.target === dialog;
    if (isBackdrop || event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });

  // What stood in it may hold a password.
  dialog.addEventListener("close", () => content.replaceChildren());
}
