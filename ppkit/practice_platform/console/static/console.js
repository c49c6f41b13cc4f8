// Conveniences on top of pages that work without them. No framework, nothing inline (see the page's policy).
import { enlivenConsolePage, listenToConsole } from "./console_page.js";
import { Idiomorph } from "./idiomorph.js";

listenToConsole(document);
const showsKey = enlivenConsolePage(document, (address) => location.replace(address));

// --- back to the notebook, for those who came from one: a tab that a link has opened may close itself

const back = document.querySelector("[data-back]");
if (back && window.opener) {
  back.hidden = false;
  back.addEventListener("click", () => window.close());
}

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
    const [now, then] = [document.getElementById(id), fresh.getElementById(id)];
    if (now && then && now.outerHTML !== then.outerHTML) Idiomorph.morph(now, then, { morphStyle: "outerHTML" });
  }
}

async function follow(rounds) {
  if (!document.hidden) await refresh().catch(() => {}); // away for a moment: the next round tries again
  if (rounds > 0) setTimeout(follow, EVERY_MS, rounds - 1);
}
if (live.length && !showsKey) setTimeout(follow, EVERY_MS, MOST_ROUNDS);
