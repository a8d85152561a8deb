// A form that takes its time says so, and is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const text = form.dataset.busy;
  if (!text) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  const button = event.submitter ?? form.querySelector("button[type=submit]");
  button.setAttribute("aria-busy", "true");
  button.textContent = text;
});
// Back in the browser's history, the form can be sent again.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
// "/" goes to the search field.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  const field = document.getElementById("q");
  if (field) { event.preventDefault(); field.focus(); field.select(); }
});
