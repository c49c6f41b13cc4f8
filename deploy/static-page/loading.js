// The way to the first window: which steps are done, and, where one fails, a sentence that says what to do. It is there
// before anything else of the page, so that it can also tell that the rest does not come.
(() => {
  const STEPS = ["page", "packages", "python", "work", "lesson"];
  const SLOW_MILLISECONDS = 90_000; // without a step
  const panel = document.getElementById("ppkit-loading"), bar = panel.querySelector("[role=progressbar]");
  let reached = -1, stopped = false, waiting = null;

  // `part` of the next step, where its bytes can be counted.
  function show(part = 0) {
    const percent = Math.round(((reached + 1 + part) / STEPS.length) * 100);
    bar.setAttribute("aria-valuenow", percent);
    bar.firstElementChild.style.width = `${percent}%`;
    panel.querySelectorAll("[data-step]").forEach((item, place) => {
      item.toggleAttribute("data-done", place <= reached);
      if (place === reached + 1) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    const current = panel.querySelector("[aria-current]");
    if (current) bar.setAttribute("aria-valuetext", current.textContent);
    clearTimeout(waiting);
    waiting = setTimeout(() => say("slow"), SLOW_MILLISECONDS);
  }

  function done(step) {
    const place = STEPS.indexOf(step);
    if (place <= reached) return;
    reached = place;
    if (!stopped) panel.querySelector(".pp-loading-trouble").replaceChildren(); // it was slow, and goes on
    show();
  }

  function say(trouble, detail = "") {
    if (stopped || !panel.isConnected) return;
    const words = panel.querySelector(`template[data-trouble="${trouble}"]`).content.cloneNode(true);
    for (const element of words.querySelectorAll("[data-detail]")) element.textContent = detail;
    words.querySelector("button")?.addEventListener("click", () => location.reload());
    const place = panel.querySelector(".pp-loading-trouble");
    place.replaceChildren(words);
    place.querySelector("button")?.focus();
    place.scrollIntoView({ block: "nearest" });
  }

  // Nothing comes after it: the steps stand still.
  function fail(trouble, detail) {
    say(trouble, detail);
    stopped = true;
    clearTimeout(waiting);
    panel.setAttribute("data-stopped", "");
  }

  function end() {
    clearTimeout(waiting);
    panel.remove();
  }

  const isTooOld = () => [globalThis.WebAssembly, globalThis.Worker, globalThis.DecompressionStream, globalThis.BroadcastChannel]
    .some((needed) => needed === undefined);
  async function keepsNothing() {
    try {
      localStorage.getItem("ppkit"); // throws where a site may keep nothing
      await new Promise((opened, refused) => {
        const asked = indexedDB.open("ppkit-probe");
        asked.onsuccess = () => { asked.result.close(); opened(); };
        asked.onerror = () => refused(asked.error);
      });
      return false;
    } catch { return true; }
  }

  const notFound = ({ target }) => {
    if (panel.isConnected && /^(SCRIPT|LINK)$/.test(target?.tagName ?? "")) fail("file", new URL(target.src || target.href).pathname);
  };
  addEventListener("error", notFound, true);
  globalThis.ppkitLoading = { done, fail, end, part: show, isShown: () => panel.isConnected && !stopped };
  show();
  if (!isSecureContext) fail("insecure");
  else if (isTooOld()) fail("browser");
  else void keepsNothing().then((refused) => refused && fail("storage"));
})();
