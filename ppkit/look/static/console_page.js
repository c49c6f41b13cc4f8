// Conveniences of the practice console's pages, which work without them: for a page in a tab of its own (console.js)
// and for one that a window shows (console_frame.js). Nothing in here goes anywhere by itself: `leave` does.

function fillCard(page, button) {
  // A published test card, chosen with one click.
  for (const [name, value] of Object.entries(button.dataset)) {
    const field = name.startsWith("fill") && page.getElementById(name.slice(4).toLowerCase());
    if (field) field.value = value;
  }
  page.getElementById("number-refused").hidden = true;
  page.getElementById("number").focus();
}

function guardCardField(page, field) {
  // What cannot become a test card any more never leaves the page: it is wiped while it is being typed.
  const typed = field.value.replace(/[\s-]/g, "");
  const known = [...page.querySelectorAll("[data-fill-number]")].map((card) => card.dataset.fillNumber.replaceAll(" ", ""));
  if (typed.length < 7) return;
  const refused = !known.some((number) => number.startsWith(typed));
  if (refused) field.value = "";
  page.getElementById("number-refused").hidden = !refused;
}

async function copySecret(page, button) {
  const field = page.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    page.execCommand("copy"); // frames without the clipboard permission
  }
  button.focus(); // selecting took the focus away
  button.querySelector("[data-words]").textContent = button.dataset.copied;
  page.getElementById("copy-status").textContent = button.dataset.copied;
  rememberCopy(page);
}

function rememberCopy(page) {
  // Leaving after a copy says so; leaving without one says what was lost.
  for (const link of page.querySelectorAll("[data-leave]")) {
    const address = link.getAttribute("href");
    if (!address.includes("copied=")) link.setAttribute("href", `${address}&copied=yes`);
  }
}

// Once for each document, however many pages it shows.
export function listenToConsole(page) {
  page.addEventListener("input", (event) => {
    if (event.target.matches("[data-guard]")) guardCardField(page, event.target);
  });
  page.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  page.addEventListener("copy", (event) => {
    if (event.target.closest?.("#secret")) rememberCopy(page);
  });
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill-number], [data-copy], [data-open], [data-close], [data-leave]");
    if (!button) return;
    if (button.dataset.fillNumber) fillCard(page, button);
    else if (button.dataset.copy) copySecret(page, button);
    else if (button.dataset.open) {
      const dialog = page.getElementById(button.dataset.open);
      if (!dialog?.showModal) return; // the link leads to the page with the same form
      event.preventDefault();
      dialog.showModal();
    } else if (button.closest("dialog")) {
      event.preventDefault();
      button.closest("dialog").close();
    }
  });
}

// For each page that is shown. Returns whether it shows a key once.
export function enlivenConsolePage(page, leave) {
  // What does nothing without these lines cannot be pressed before they have run.
  for (const button of page.querySelectorAll("[data-fill-number], [data-copy]")) button.disabled = false;
  const once = page.querySelector("dialog[data-modal]");
  if (!once) return false;
  once.removeAttribute("open");
  once.showModal();
  once.addEventListener("close", () => {
    // However it was closed: the key is gone at once, and the list says so.
    const address = once.querySelector("[data-leave]").getAttribute("href");
    once.remove();
    leave(address);
  });
  return true;
}
