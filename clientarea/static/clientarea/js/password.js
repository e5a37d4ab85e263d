// Show, hide and make passwords. Mirrors what the server's own generator offers.
const SETS = ["abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!#%+-=?"];
const LENGTH = 16;

// A number below `limit`, every one equally likely: what would favor the low ones is drawn again.
function below(limit) {
  const ceiling = 2 ** 32 - (2 ** 32 % limit);
  const draw = new Uint32Array(1);
  do crypto.getRandomValues(draw);
  while (draw[0] >= ceiling);
  return draw[0] % limit;
}

function generate() {
  const all = SETS.join("");
  const marks = SETS.map((set) => set[below(set.length)]);
  while (marks.length < LENGTH) marks.push(all[below(all.length)]);
  for (let last = marks.length - 1; last > 0; last--) {
    const other = below(last + 1);
    [marks[last], marks[other]] = [marks[other], marks[last]];
  }
  return marks.join("");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-password-generate], [data-password-toggle]");
  if (!button) return;
  const field = document.getElementById(
    button.dataset.passwordGenerate ?? button.dataset.passwordToggle,
  );
  if (button.dataset.passwordGenerate) {
    field.type = "text";
    field.value = generate();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } else {
    field.type = field.type === "password" ? "text" : "password";
  }
  const toggle = document.querySelector(`[data-password-toggle="${field.id}"]`);
  toggle?.setAttribute("aria-pressed", String(field.type === "text"));
});
