// Buttons that copy the text of another element or field.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
  } catch {
    // No clipboard here: select the text, so that a key press copies it.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    return;
  }
  const label = button.querySelector("[data-copy-label]");
  const before = label.textContent;
  if (before === button.dataset.copied) return;
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = before), 2000);
});
