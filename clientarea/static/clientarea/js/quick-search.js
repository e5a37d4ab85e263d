// The search beside the pages: arrow keys walk through what was found, Escape closes it.
const box = document.querySelector("form[data-quick]");

if (box) {
  const input = box.querySelector("input");
  const hits = () => [...box.querySelectorAll("a.hit")];

  const close = () => {
    const result = box.querySelector(".quick-result");
    result.replaceChildren();
  };

  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      input.focus();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const found = hits();
    if (!found.length) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const place = found.indexOf(document.activeElement) + step;
    (found[place] ?? input).focus();
  });

  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) close();
  });

  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) close();
  });
}
