// On a narrow screen the pages of a service stand in one line: the one that is open is brought into
// sight, with a part of its neighbors to show that there are more.
const side = document.querySelector(".sidenav");
const here = side?.querySelector("[aria-current]");

if (here && side.scrollWidth > side.clientWidth) {
  side.scrollLeft = here.offsetLeft - (side.clientWidth - here.offsetWidth) / 2;
}
