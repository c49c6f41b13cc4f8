// Conveniences on top of pages that work without them. No framework, nothing inline (see the page's policy).

function fill(button) {
  // A published test card, chosen with one click.
  for (const [name, value] of Object.entries(button.dataset)) {
    const field = name.startsWith("fill") && document.getElementById(name.slice(4).toLowerCase());
    if (field) field.value = value;
  }
  document.getElementById("number")?.focus();
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // frames without the clipboard permission
  }
  const words = button.querySelector("[data-words]");
  words.textContent = button.dataset.copied;
  document.getElementById("copy-status").textContent = button.dataset.copied;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill-number], [data-copy], [data-open], [data-close]");
  if (!button) return;
  if (button.dataset.fillNumber) fill(button);
  else if (button.dataset.copy) copy(button);
  else if (button.dataset.open) {
    const dialog = document.getElementById(button.dataset.open);
    if (!dialog?.showModal) return; // the link leads to the page with the same form
    event.preventDefault();
    dialog.showModal();
  } else if (button.closest("dialog")) {
    event.preventDefault();
    button.closest("dialog").close();
  }
});

document.addEventListener("change", (event) => {
  const control = event.target;
  if (control.matches("[data-submit]")) control.form.requestSubmit();
  if (control.matches("[data-reveals], [data-hides]") || control.type === "radio") reveal();
});

// Parts of a form that only matter for one choice: <div data-when="other">.
function reveal() {
  for (const part of document.querySelectorAll("[data-when]")) {
    const input = document.getElementById(part.dataset.when);
    part.hidden = !input?.checked;
  }
}
reveal();

// Pages that show figures fetch themselves again while they are looked at, so that calls appear as they arrive.
const live = document.querySelector("[data-live]");
let rounds = 0;
async function refresh() {
  if (document.hidden || ++rounds > 600) return; // half an hour: a forgotten tab must not keep the platform awake
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
    if (fresh && fresh.innerHTML !== live.innerHTML && !live.contains(document.activeElement)) {
      live.innerHTML = fresh.innerHTML;
    }
  } catch {
    // The platform is away for a moment; the next round tries again.
  }
}
if (live) setInterval(refresh, 3000);
