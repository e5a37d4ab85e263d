// Messages in the corner: good news leaves by itself. Trouble, and what can be undone, stays until
// it is closed.
const place = document.getElementById("toasts");
const template = document.getElementById("toast-template");
const LASTS = 8000;

function retire(toast) {
  if (toast.querySelector("form")) return;
  if (!toast.classList.contains("success") && !toast.classList.contains("info")) return;
  let timer = setTimeout(() => toast.remove(), LASTS);
  const hold = () => clearTimeout(timer);
  const resume = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), LASTS);
  };
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("mouseleave", resume);
  toast.addEventListener("focusout", resume);
}

function show(level, text) {
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.classList.add(level);
  toast.querySelector("span").textContent = text;
  place.append(toast);
  retire(toast);
}

if (place) {
  place.querySelectorAll(".toast-line").forEach(retire);
  place.addEventListener("click", (event) => {
    if (event.target.closest(".toast-close")) event.target.closest(".toast-line").remove();
  });
  document.addEventListener("toast", (event) => show(event.detail.level, event.detail.text));
  document.addEventListener("htmx:responseError", () => show("error", place.dataset.failed));
  document.addEventListener("htmx:sendError", () => show("error", place.dataset.offline));
}
