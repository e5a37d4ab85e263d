// Ticking rows: the box in the head ticks all, the bar below appears with the first one.
function rows() {
  return [...document.querySelectorAll("[name='selected']")];
}

function refresh() {
  const bulk = document.getElementById("bulk");
  if (!bulk) return;
  const all = rows();
  const whole = bulk.querySelector("[name='all']");
  const isWhole = Boolean(whole && whole.checked);
  const ticked = isWhole ? Number(whole.value) : all.filter((box) => box.checked).length;
  bulk.classList.toggle("is-idle", ticked === 0);
  const count = bulk.querySelector("[data-count]");
  if (count) count.textContent = String(ticked);
  const head = document.querySelector("[data-tick-all]");
  if (head) {
    head.checked = isWhole || (ticked > 0 && ticked === all.length);
    head.indeterminate = !isWhole && ticked > 0 && ticked < all.length;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) {
    for (const box of rows()) box.checked = event.target.checked;
  }
  const whole = document.querySelector("#bulk [name='all']");
  // All that match stands for what is ticked: whoever unticks a row means it no more.
  if (whole && event.target.matches("[data-tick-all], [name='selected']")) whole.checked = false;
  if (event.target === whole) for (const box of rows()) box.checked = whole.checked;
  if (event.target.matches("[data-tick-all], [name='selected'], [name='all']")) refresh();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-untick]")) return;
  for (const box of rows()) box.checked = false;
  const whole = document.querySelector("#bulk [name='all']");
  if (whole) whole.checked = false;
  refresh();
});

// Fresh figures must not wipe away what somebody is in the middle of.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.matches("[data-refresh]")) return;
  const isBusy =
    rows().some((box) => box.checked) ||
    document.querySelector("details.menu[open], dialog[open], #mailbox-list :focus");
  if (isBusy) event.preventDefault();
});

document.addEventListener("htmx:afterSettle", refresh);
refresh();
