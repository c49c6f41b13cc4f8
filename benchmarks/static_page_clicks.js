// In every document of the page: when something was clicked, when the answer to it was painted, how a text grows.
() => {
  const MARKS = /^(data-pressed|aria-busy|data-busy|data-waiting|style|value|selected|checked)$/; // of the click itself
  const { top } = window;
  const isPage = window === top;
  const now = () => performance.timeOrigin + performance.now();
  const elementOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);
  if (isPage) {
    Object.assign(top, { clicks: [], updates: [], frames: [], still: [], pending: null });
    const note = (list) => top.still.push(...list.getEntries().map(({ duration }) => duration));
    new PerformanceObserver(note).observe({ type: "longtask" });
    const frame = (time) => {
      top.frames.push(time);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }
  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("button, a[href]");
    const place = isPage ? control?.closest("[data-window]")?.dataset.window : "platform";
    if (!control || !place) return;
    const words = control.innerText.trim().slice(0, 40);
    const leads = control.matches("a[data-lesson]"); // away from this window
    top.pending = { place, words, leads, pressed: performance.timeOrigin + event.timeStamp };
  }, true);
  // Outside the windows JupyterLab marks the cell that was clicked: no answer, unless another lesson comes.
  const isOurs = ({ type, target }) => !isPage || elementOf(target)?.closest(".ppkit")
    || (top.pending?.leads && type === "childList" && elementOf(target)?.closest("#main"));
  const isMark = ({ type, target, attributeName }) =>
    type === "attributes" ? MARKS.test(attributeName) : elementOf(target)?.localName === "textarea";
  const painted = (what) => top.requestAnimationFrame(() => top.setTimeout(what));
  new MutationObserver((changes) => {
    const ours = changes.filter((change) => isOurs(change) && !isMark(change));
    if (ours.some(({ target }) => elementOf(target)?.closest("[data-stream]"))) top.updates.push(now());
    if (!ours.length || !top.pending) return;
    const { pressed, leads, ...click } = top.pending;
    top.pending = null;
    painted(() => top.clicks.push({ ...click, milliseconds: now() - pressed }));
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}
