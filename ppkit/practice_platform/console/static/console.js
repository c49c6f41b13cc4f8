// Conveniences on top of pages that work without them. No framework, nothing inline (see the page's policy).
import { Idiomorph } from "./idiomorph.js";

const byId = (id) => document.getElementById(id);

// --- forms

function fill(button) {
  // A published test card, chosen with one click.
  for (const [name, value] of Object.entries(button.dataset)) {
    const field = name.startsWith("fill") && byId(name.slice(4).toLowerCase());
    if (field) field.value = value;
  }
  byId("number-refused").hidden = true;
  byId("number").focus();
}

function guard(field) {
  // What cannot become a test card any more never leaves the page: it is wiped while it is being typed.
  const typed = field.value.replace(/[\s-]/g, "");
  const known = [...document.querySelectorAll("[data-fill-number]")].map((card) => card.dataset.fillNumber.replaceAll(" ", ""));
  if (typed.length < 7) return;
  const refused = !known.some((number) => number.startsWith(typed));
  if (refused) field.value = "";
  byId("number-refused").hidden = !refused;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-guard]")) guard(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// --- a key that is shown once

async function copy(button) {
  const field = byId(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // frames without the clipboard permission
  }
  button.focus(); // selecting took the focus away
  button.querySelector("[data-words]").textContent = button.dataset.copied;
  byId("copy-status").textContent = button.dataset.copied;
  remember();
}

function remember() {
  // Leaving after a copy says so; leaving without one says what was lost.
  for (const link of document.querySelectorAll("[data-leave]")) {
    if (!link.href.includes("copied=")) link.href += "&copied=yes";
  }
}
byId("secret")?.addEventListener("copy", remember);

const once = document.querySelector("dialog[data-modal]");
if (once) {
  once.removeAttribute("open");
  once.showModal();
  once.addEventListener("close", () => {
    // However it was closed: the key is gone at once, and the list says so.
    const { href } = once.querySelector("[data-leave]");
    once.remove();
    location.replace(href);
  });
}

// --- back to the notebook, for those who came from one: a tab that a link has opened may close itself

const back = document.querySelector("[data-back]");
if (back && window.opener) {
  back.hidden = false;
  back.addEventListener("click", () => window.close());
}

// --- dialogs and buttons

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill-number], [data-copy], [data-open], [data-close], [data-leave]");
  if (!button) return;
  if (button.dataset.fillNumber) fill(button);
  else if (button.dataset.copy) copy(button);
  else if (button.dataset.open) {
    const dialog = byId(button.dataset.open);
    if (!dialog?.showModal) return; // the link leads to the page with the same form
    event.preventDefault();
    dialog.showModal();
  } else if (button.closest("dialog")) {
    event.preventDefault();
    button.closest("dialog").close();
  }
});

// What does nothing without this file cannot be pressed before it is here.
for (const button of document.querySelectorAll("[data-fill-number], [data-copy]")) button.disabled = false;

// --- figures that follow the calls

// While the page is looked at, it fetches itself again and the parts that show figures are morphed in place: focus
// and what is being typed stay where they are.
const EVERY_MS = 2000;
const MOST_ROUNDS = 900; // half an hour: a forgotten tab must not keep the platform awake
const live = [...document.querySelectorAll("[data-live]")].map((part) => part.id);

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of live) {
    const [now, then] = [byId(id), fresh.getElementById(id)];
    if (now && then && now.outerHTML !== then.outerHTML) Idiomorph.morph(now, then, { morphStyle: "outerHTML" });
  }
}

async function follow(rounds) {
  if (!document.hidden) await refresh().catch(() => {}); // away for a moment: the next round tries again
  if (rounds > 0) setTimeout(follow, EVERY_MS, rounds - 1);
}
if (live.length && !once) setTimeout(follow, EVERY_MS, MOST_ROUNDS);
