// The way to the first window: which steps are done, and, where one fails, a sentence that says what to do. It is there
// before anything else of the page, so that it can also tell that the rest does not come.
(() => {
  const STEPS = ["page", "packages", "python", "work", "lesson"];
  const SLOW_MILLISECONDS = 90_000; // without a step
  const root = document.currentScript.src, { lang } = document.documentElement;
  const NEEDED = ["config-utils.js", "jupyter-lite.json", `${lang}/jupyter-lite.json`, `${lang}/lab/jupyter-lite.json`];
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

  const part = (of) => stopped || show(of); // also 0: something came

  function done(step) {
    const place = STEPS.indexOf(step);
    if (stopped || place <= reached) return;
    reached = place;
    panel.querySelector(".pp-loading-trouble").replaceChildren(); // it was slow, and goes on
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

  // Nothing comes after it: the steps stand still, and the sentence stays, also where the panel had gone.
  function fail(trouble, detail) {
    if (stopped) return;
    if (!panel.isConnected) document.body.append(panel);
    say(trouble, detail);
    stopped = true;
    clearTimeout(waiting);
    panel.setAttribute("data-stopped", "");
  }

  function end() {
    if (stopped) return;
    clearTimeout(waiting);
    panel.remove();
  }

  // A kernel that was started anew loads Python anew.
  function begin() {
    if (stopped || reached <= 0) return;
    reached = 0;
    show();
  }

  // After a question that was answered: what is not done yet is still to come.
  function goOn() {
    if (panel.isConnected || reached >= STEPS.indexOf("python")) return;
    document.body.append(panel);
    show();
  }

  const { WebAssembly, Worker, DecompressionStream, BroadcastChannel, navigator } = globalThis;
  const isTooOld = () => [WebAssembly, Worker, DecompressionStream, BroadcastChannel, navigator.locks].includes(undefined);
  // Without one of them JupyterLite stops, or is another one, without a word.
  async function check(name) {
    const address = new URL(name, root);
    const answer = await fetch(address, { method: "HEAD" }).catch(() => null);
    if (!answer?.ok) fail("file", address.pathname);
  }
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
  globalThis.ppkitLoading = { begin, done, goOn, fail, end, part, isShown: () => panel.isConnected && !stopped };
  show();
  if (!isSecureContext) fail("insecure");
  else if (isTooOld()) fail("browser");
  else {
    void keepsNothing().then((refused) => refused && fail("storage"));
    for (const name of NEEDED) void check(name);
  }
})();
