// The sketch of webmail follows what is typed; without scripts the Preview button does that.
const sketch = document.getElementById("brand-preview");
const field = (name) => document.querySelector(`[data-brand="${name}"]`);
const part = (name) => sketch.querySelector(`[data-brand-${name}]`);
const picker = document.querySelector("[data-brand-picker]");
const contrast = part("contrast");
const name = part("name");
const USUAL_COLOR = "#566072";
const ENOUGH = 4.5;
const LARGEST = 512000;

function digitsOf(text) {
  const match = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim());
  if (!match) return "";
  return match[1].length === 3 ? [...match[1]].map((digit) => digit + digit).join("") : match[1];
}

// WCAG's ratio of white to a color.
function ratioOf(digits) {
  const [red, green, blue] = [0, 2, 4].map((place) => {
    const value = parseInt(digits.slice(place, place + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

function shown(ratio) {
  return ratio.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
}

function paint() {
  const digits = digitsOf(field("color").value);
  const color = digits ? `#${digits}` : USUAL_COLOR;
  sketch
    .querySelectorAll("[data-brand-paint]")
    .forEach((area) => area.setAttribute("fill", color));
  picker.value = color.toLowerCase();
  if (!digits) {
    contrast.textContent = "";
    return;
  }
  const ratio = ratioOf(digits);
  const text = ratio >= ENOUGH ? contrast.dataset.good : contrast.dataset.poor;
  contrast.classList.toggle("warn-ink", ratio < ENOUGH);
  contrast.textContent = text.replace("{ratio}", shown(ratio));
}

function showLogo(file) {
  if (!file || file.size > LARGEST || !/^image\/(png|jpeg|gif)$/.test(file.type)) return;
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    const logo = part("logo");
    logo.src = reader.result;
    logo.hidden = false;
  });
  reader.readAsDataURL(file);
}

field("color").addEventListener("input", paint);
picker.addEventListener("input", () => {
  field("color").value = picker.value;
  paint();
});
field("name").addEventListener("input", (event) => {
  name.textContent = event.target.value || name.dataset.usual;
});
field("support").addEventListener("input", (event) => {
  part("support").textContent = event.target.value;
});
field("logo").addEventListener("change", (event) => showLogo(event.target.files[0]));
