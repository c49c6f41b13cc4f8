// Conveniences on top of pages that work without them. Nothing inline (see the pages' policy), nothing kept.
import { Idiomorph } from "./idiomorph.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain HTTP browsers keep the clipboard to themselves: the selection is copied the old way.
    const field = source.select ? source : Object.assign(document.body.appendChild(document.createElement("textarea")), { value: text });
    field.select();
    document.execCommand("copy");
    if (field !== source) field.remove();
    button.focus();
  }
  button.querySelector("[data-words]").textContent = button.dataset.copied;
  const status = document.getElementById("copy-status");
  if (status) status.textContent = button.dataset.copied;
});

// The printed link carries the trainer's token behind "#", which no browser sends and no log sees.
// It leaves the address first, also where the board is open already: a projector may show the address.
const door = document.querySelector("[data-by-address]");
function enter() {
  const told = location.hash.slice(1);
  if (!told || !location.pathname.endsWith("/trainer")) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (!door) return;
  door.elements.token.value = decodeURIComponent(told);
  door.requestSubmit();
}
enter();
addEventListener("hashchange", enter); // the link pasted while this door is open loads no new page

// While it is looked at, the board follows the class: morphed in place, so that focus stays where it is.
const EVERY_MS = 2000;
const RESTS = 5; // times as long as a round took, so that a large class is no burden to its gateway
const live = document.getElementById("live");
if (live) {
  const follow = async () => {
    const began = performance.now();
    try {
      if (document.hidden) return;
      const answer = await fetch(live.action, { method: "POST", body: new URLSearchParams(new FormData(live)) });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("board");
      const shown = document.getElementById("board");
      if (fresh && fresh.outerHTML !== shown.outerHTML) Idiomorph.morph(shown, fresh, {
        morphStyle: "outerHTML",
        callbacks: { beforeAttributeUpdated: (name) => name !== "open" }, // what was unfolded stays so
      });
    } catch {
      // The server is away for a moment: the next round looks again.
    } finally {
      setTimeout(follow, Math.max(EVERY_MS, RESTS * (performance.now() - began)));
    }
  };
  setTimeout(follow, EVERY_MS);
}
