// Rows are chosen and assigned without leaving the keyboard: ↑↓ or j k move, x chooses, Shift with a click a range, Enter opens.
const bulk = document.querySelector("[data-bulk]");
const rows = [...document.querySelectorAll("#table tbody tr")];
const boxes = rows.map((row) => row.querySelector("input[name=row]")).filter(Boolean);
const everything = document.querySelector("[data-bulk-all]");
const whole = document.querySelector("[data-select-all]");
let last = null;

function show() {
  const chosen = boxes.filter((box) => box.checked).length;
  boxes.forEach((box) => box.closest("tr").classList.toggle("is-chosen", box.checked));
  if (whole) {
    whole.checked = chosen === boxes.length && chosen > 0;
    whole.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  if (!bulk) return;
  bulk.hidden = chosen === 0;
  if (chosen === 0 && everything) everything.checked = false;
  bulk.querySelector("[data-bulk-count]").textContent = chosen;
}

boxes.forEach((box, at) => box.addEventListener("click", (event) => {
  if (event.shiftKey && last !== null) {
    const [first, end] = [Math.min(last, at), Math.max(last, at)];
    boxes.slice(first, end + 1).forEach((one) => { one.checked = box.checked; });
  }
  last = at;
  show();
}));
whole?.addEventListener("change", () => { boxes.forEach((box) => { box.checked = whole.checked; }); show(); });
everything?.addEventListener("change", () => { if (everything.checked) { boxes.forEach((box) => { box.checked = true; }); show(); } });

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input:not([type=checkbox]), textarea, select, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step) {
    event.preventDefault();
    rows[Math.min(Math.max(at + step, 0), rows.length - 1)]?.querySelector(".bf-row-link")?.focus();
  } else if (event.key === "x" && at >= 0 && boxes[at]) {
    event.preventDefault();
    boxes[at].checked = !boxes[at].checked;
    last = at;
    show();
  } else if (event.key === "Escape") {
    boxes.forEach((box) => { box.checked = false; });
    show();
  }
});
window.addEventListener("pageshow", show);
show();
