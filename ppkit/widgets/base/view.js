// One view for every window: Python renders the page, this file morphs it in place and sends clicks back.
// It holds no sentence, no amount and no secret; Idiomorph stands above it in the same module (see view.py).

const SILENCE_MILLISECONDS = 4_000;
const TYPING_MILLISECONDS = 120;
const HERE_MILLISECONDS = 60_000;
const MOST_UNSHOWN_PICTURES = 24; // those that a redraw brings back are not sent again
const LARGEST_FILE = 8_000_000; // bytes; a message of more than ten million would end the connection to the kernel
// `data-result` changes with every new result, `data-progress` names what is under way.
const NEWS = ".pp-problem, [data-progress], [data-result], .pp-lesson-end";
const newsOf = (element) => element.dataset.result ?? element.dataset.progress ?? element.textContent;
const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

function serverPrefix() {
  const config = document.getElementById("jupyter-config-data");
  return config ? (JSON.parse(config.textContent).baseUrl ?? "/") : "/";
}

// What the person typed or chose stays, unless Python's own value for that control has changed since.
function keptAttributes(before, after) {
  const kept = new Set();
  if (!before.matches?.("input, textarea, option")) return kept;
  if (before.localName === "option" && before.value !== after.value) return kept; // another choice in its place
  // An answer to what was typed a moment ago must not take back what was typed since.
  if (before.dataset.actionOnInput !== undefined && before === document.activeElement) kept.add("value");
  if (before.defaultValue === after.defaultValue) kept.add("value");
  if (before.defaultChecked === after.defaultChecked) kept.add("checked");
  if (before.defaultSelected === after.defaultSelected) kept.add("selected");
  return kept;
}

// What has been sent is known to Python: from now on it counts as the default. What Python does not keep, such as a
// name, stays what was typed here.
function markAsSent(form) {
  for (const control of form.elements) {
    if (control.dataset.unkept !== undefined) continue;
    if (control.type === "password") control.value = "";
    else if (control.options) for (const option of control.options) option.defaultSelected = option.selected;
    else if ("defaultChecked" in control && /^(radio|checkbox)$/.test(control.type)) control.defaultChecked = control.checked;
    else if ("defaultValue" in control) control.defaultValue = control.value;
  }
}

function fieldsOf(form) {
  const fields = {}, secrets = {}, files = [];
  for (const [name, value] of new FormData(form))
    if (value instanceof File) { if (value.name) { files.push([name, value]); fields[`${name}_name`] = value.name; } }
    else (form.elements[name].type === "password" ? secrets : fields)[name] = value;
  return { fields, secrets, files };
}

// What a form sends along with whatever is pressed in it, and what a person has put into it; of a secret, whether it is there.
const formOf = (control) => (control.localName === "form" ? control : control.form);
const hiddenIn = (form) => [...(form?.elements ?? [])].filter(({ type }) => type === "hidden").map(({ name, value }) => [name, value]);
function typedIn(form) {
  if (!form) return "";
  const { fields, secrets, files } = fieldsOf(form);
  return JSON.stringify([fields, Object.entries(secrets).map(([name, secret]) => [name, secret !== ""]), files.map(([name]) => name)]);
}

// Files go beside the message, as bytes: they are part of no trait, and so of no notebook.
async function filesOf(form, chosen) {
  const found = [...chosen, ...(form ? await masksIn(form) : [])];
  const taken = found.filter(([, file]) => file.size <= LARGEST_FILE);
  return {
    names: taken.map(([name]) => name),
    contents: await Promise.all(taken.map(([, file]) => file.arrayBuffer())),
    tooLarge: found.length > taken.length,
  };
}

// What was typed and not sent goes along to the same window of the lesson's twin: in memory alone, and no secret.
const halfTyped = (globalThis.ppkitHalfTyped ??= new Map());
const ownText = (page) => [...page.querySelectorAll("input[name], textarea[name]")]
  .filter(({ type }) => !/^(password|hidden|radio|checkbox)$/.test(type));
const placeOf = (control) =>
  [control.closest("[data-window]")?.dataset.window, control.form?.dataset.action, control.name].join(" ");
function keepHalfTyped(page) {
  for (const control of ownText(page))
    if (control.value !== control.defaultValue) halfTyped.set(placeOf(control), control.value);
}
function restoreHalfTyped(page) {
  for (const control of ownText(page)) {
    control.value = halfTyped.get(placeOf(control)) ?? control.value;
    halfTyped.delete(placeOf(control));
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no clipboard outside a secure context, such as a hub on plain http
    const holder = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(holder);
    holder.select();
    document.execCommand("copy");
    holder.remove();
  }
}

// A file made by Python: it goes to the browser's downloads, and stays in neither the notebook nor the page.
function download({ name, media_type }, content) {
  const url = URL.createObjectURL(new Blob([content], { type: media_type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // a browser may still be reading it
}

// `ends`, shared by the views of one window: name of a countdown -> the moment it ends, 0 once that was told.
function render({ model, el }, ends) {
  const root = document.createElement("div");
  root.className = "ppkit pp-view";
  root.innerHTML = '<div data-part="page"></div><div data-part="silence" role="alert"></div>' +
    '<div data-part="way" role="alert"></div><p class="pp-hidden" role="status"></p>';
  el.append(root);
  const [page, silence, way, status] = root.children;
  const pictures = new Map();
  const unanswered = new Map(); // message id -> the timer that will call the kernel silent
  let waiting = null, focusToken = null, drawn = false;
  let next = null, underWay = ""; // what was pressed while the last click was on its way, and what that one asks for
  let awaitsFile = false; // asked for in this view, of all that show the window
  let acted = false, shown = new Set(); // whether something was pressed here since the last news; the news on show

  const say = (text) => { status.textContent = text; };
  const refreshBusy = () => {
    const busy = waiting !== null || model.get("working");
    root.toggleAttribute("data-busy", busy);
    page.setAttribute("aria-busy", String(busy));
    if (!busy) page.querySelectorAll("[data-pressed]").forEach((pressed) => {
      pressed.removeAttribute("data-pressed");
      pressed.removeAttribute("aria-busy");
    });
  };
  const fallSilent = () => {
    silence.innerHTML = model.get("silence");
    silence.scrollIntoView({ block: "nearest" }); // below a tall window nobody would see it
  };
  const answered = (id) => {
    clearTimeout(unanswered.get(id));
    unanswered.delete(id);
    if (waiting === id) waiting = null;
    if (!unanswered.size) silence.replaceChildren();
    refreshBusy();
    pressNext();
  };
  // Another press counts once the click before it is answered. It is kept by what it asks for: a redraw may have put
  // another element into the place of its button, or have made something else of it.
  const shows = () => page.querySelector("[data-shows]")?.dataset.shows ?? ""; // the mode, as the page has it now
  const asked = (control) => {
    const { pressed, ...data } = control.dataset;
    return JSON.stringify([control.localName, data, formOf(control)?.dataset.action, hiddenIn(formOf(control)), shows()]);
  };
  const keepForLater = (control) => {
    if (asked(control) !== underWay) next = { control, asks: asked(control), typed: typedIn(formOf(control)) };
  };
  function pressNext() {
    if (waiting !== null || model.get("working") || next === null) return; // its turn comes when that has ended
    const { control, asks, typed } = next;
    next = null;
    // A form that lacks what was typed, be it a new one or the old one overwritten, would send something else.
    const is = (one) => one.isConnected && asked(one) === asks && typedIn(formOf(one)) === typed;
    const found = [control, ...page.querySelectorAll("button, a[data-action], form")].find(is);
    if (found?.localName === "form") found.requestSubmit();
    else found?.click();
  }

  // What is typed after the press goes along with it; what a redraw has overwritten was not meant, whatever is typed then.
  const typedSince = ({ target }) => {
    if (next && target.form && target.form === formOf(next.control)) next.typed = typedIn(target.form);
  };
  root.addEventListener("input", typedSince);
  root.addEventListener("change", typedSince);
  const dropOverwritten = () => {
    if (next?.control.isConnected && asked(next.control) === next.asks && typedIn(formOf(next.control)) !== next.typed) next = null;
  };

  function send(action, fields, secrets = {}, pressed = null, files = { names: [], contents: [] }) {
    const id = `${Date.now()}.${Math.random()}`;
    if (pressed?.hasAttribute("data-interrupts")) pressed = null; // "Stop" is for when there is work
    if (pressed) {
      if (waiting !== null) keepForLater(pressed);
      if (waiting !== null || model.get("working")) return false;
      waiting = id;
      underWay = asked(pressed);
      acted = true;
      way.replaceChildren();
      awaitsFile = pressed.dataset.download !== undefined;
      pressed.setAttribute("data-pressed", "");
      pressed.setAttribute("aria-busy", "true");
      refreshBusy();
    }
    // After a restart the kernel lives and knows nothing of this window.
    const patience = model.comm_live === false ? 0 : SILENCE_MILLISECONDS;
    if (pressed) unanswered.set(id, setTimeout(fallSilent, patience));
    const message = { id, action, fields, secrets, shows: shows(), files: files.names };
    try { model.send(message, undefined, files.contents); } catch { fallSilent(); }
    return true;
  }

  // The second click of a double click, also where the first was answered in between and something else lies there now.
  root.addEventListener("click", (event) => {
    if (event.detail < 2 || !event.target.closest("button, a[data-action]")) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target, pressed = event.submitter ?? form;
    const { fields, secrets, files } = fieldsOf(form);
    const { action = form.dataset.action, ...extra } = pressed === form ? {} : pressed.dataset;
    const go = (read) => {
      if (send(action, { ...fields, ...extra, ...(read?.tooLarge && { too_large: "yes" }) }, secrets, pressed, read)) markAsSent(form);
    };
    if (files.length || form.querySelector("canvas[data-mask][data-drawn]")) filesOf(form, files).then(go, () => cannotRead(form));
    else go();
  });
  // A file that was changed, moved or deleted after it was chosen: the choice is void, and Python has the words.
  function cannotRead(form) {
    form.querySelectorAll("input[type=file]").forEach((input) => { input.value = ""; });
    acted = true;
    send("file_unreadable", {});
  }
  // Google Colab gives each output a page of its own: a window that is not on this one hears by itself that it is meant.
  let outputs = null;
  function listen() {
    outputs?.close();
    outputs = null;
    if (!model.get("channel")) return;
    // An output that may keep nothing, as where cookies are blocked, has no channels either.
    try { outputs = new BroadcastChannel(model.get("channel")); } catch { return; }
    outputs.onmessage = ({ data }) => void focusIn(page, data);
  }
  const focusIn = (where, name) => {
    const heading = where.querySelector(`[data-window="${CSS.escape(name)}"] [data-focus]`);
    heading?.focus();
    return Boolean(heading);
  };
  const goTo = (name) => { if (!focusIn(document, name)) outputs?.postMessage(name); };
  // Where a link would lead out of the program, the words say which notebook it means.
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-lesson]");
    if (!link || !model.get("apart")) return;
    event.preventDefault();
    const words = document.createElement("p");
    words.className = "pp-note";
    words.textContent = model.get("apart").replace("{file}", link.getAttribute("href").split("/").pop());
    way.replaceChildren(words);
    words.scrollIntoView({ block: "nearest" });
  });
  root.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy], [data-go-to], button[data-action], a[data-action]");
    if (!target || target.ariaDisabled === "true") return;
    if (target.dataset.copy !== undefined) return void copy(target.dataset.copy).then(() => say(model.get("copied")));
    if (target.dataset.goTo) return void goTo(target.dataset.goTo);
    if (target.type === "submit" && target.form) return;
    const { action, ...fields } = target.dataset;
    send(action, fields, {}, target);
  });
  root.addEventListener("change", (event) => {
    const control = event.target.closest("[data-action-on-change]");
    if (!control) return;
    const form = control.form, action = control.dataset.actionOnChange;
    const fields = form ? fieldsOf(form).fields : { [control.name]: control.value };
    if (control.type !== "file") return void send(action, fields);
    const chosen = [...control.files].map((file) => [control.name, file]);
    acted = true;
    if (chosen.length) filesOf(null, chosen).then((read) => {
      control.value = ""; // Python has it: it does not go along with the form once more
      send(action, { ...fields, ...(read.tooLarge && { too_large: "yes" }) }, {}, null, read);
    }, () => cannotRead(form));
  });
  // What is told while one types, such as a count: asked for at most every `TYPING_MILLISECONDS`, and after the last key.
  let typing = null, lastAsked = 0;
  root.addEventListener("input", (event) => {
    const control = event.target.closest("[data-action-on-input]");
    if (!control) return;
    clearTimeout(typing);
    const ask = () => {
      lastAsked = Date.now();
      send(control.dataset.actionOnInput, { [control.name]: control.value });
    };
    typing = setTimeout(ask, Math.max(0, lastAsked + TYPING_MILLISECONDS - Date.now()));
  });
  maskCanvases(root);
  // Coming back from another tab: what was done there can be seen here.
  const onReturn = () => {
    const watcher = page.querySelector("[data-on-return]");
    if (watcher && document.visibilityState === "visible" && !root.hasAttribute("data-busy")) send(watcher.dataset.onReturn, {});
  };
  document.addEventListener("visibilitychange", onReturn);
  window.addEventListener("focus", onReturn);
  // JupyterLab's one-letter shortcuts (d d, x, m) must not reach the cell; saving must.
  root.addEventListener("keydown", (event) => {
    if (!((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s")) event.stopPropagation();
  });
  for (const name of ["mousedown", "dblclick", "contextmenu"]) root.addEventListener(name, (event) => event.stopPropagation());

  // Pictures are asked for by their names and come as messages; a changed one has another name.
  function showPictures() {
    for (const element of page.querySelectorAll("[data-picture]")) {
      const name = element.dataset.picture, url = pictures.get(name);
      const attribute = element.localName === "img" ? "src" : "href";
      if (url && element.getAttribute(attribute) !== url) element.setAttribute(attribute, url);
      if (pictures.has(name)) continue;
      pictures.set(name, "");
      try { model.send({ id: `${name} ${Date.now()}.${Math.random()}`, action: "picture", fields: { name } }); } catch { pictures.delete(name); }
    }
    const named = new Set([...page.querySelectorAll("[data-picture]")].map((element) => element.dataset.picture));
    for (const name of [...pictures.keys()].filter((one) => !named.has(one)).slice(0, -MOST_UNSHOWN_PICTURES)) {
      URL.revokeObjectURL(pictures.get(name));
      pictures.delete(name);
    }
  }
  function takePicture({ name }, content) {
    if (pictures.get(name) !== "") return; // there already, or no longer wanted
    pictures.set(name, URL.createObjectURL(new Blob([content], { type: "image/png" }))); // of any kind: browsers look inside
    showPictures();
  }
  function pointToPractice() { // behind a hub the practice pages are reached through the Jupyter server
    if (loopback) return;
    for (const link of page.querySelectorAll("[data-practice-port]"))
      link.href = `${serverPrefix()}proxy/${link.dataset.practicePort}/${link.dataset.practicePath ?? ""}`;
  }
  function keepFocus(hadFocus) {
    if (document.activeElement?.matches("[data-console]")) return; // who is at work there comes back by closing it
    const heading = page.querySelector("[data-focus]");
    const moved = drawn && heading && heading.dataset.focus !== focusToken;
    const lost = hadFocus && !root.contains(document.activeElement);
    focusToken = heading?.dataset.focus ?? null;
    if (heading && ((moved && (hadFocus || document.activeElement === document.body)) || lost)) heading.focus();
  }
  // What a click has led to is brought into sight: out of sight, it looks as if nothing had happened. Where several
  // things are new, such as a picture and the way on, the last one is brought in last.
  function showNews() {
    const found = [...page.querySelectorAll(NEWS)].map((element) => [element, newsOf(element)]);
    const fresh = acted ? found.filter(([, what]) => !shown.has(what)) : [];
    const show = () => fresh.forEach(([element]) =>
      element.scrollIntoView({ block: element.offsetHeight > window.innerHeight ? "start" : "nearest" }));
    show();
    // A picture grows once it is read, and pushes what is below it out of sight.
    if (fresh.length) for (const image of page.querySelectorAll("img"))
      if (!image.complete) image.addEventListener("load", show, { once: true });
    if (fresh.some(([element]) => element.dataset.progress === undefined)) acted = false;
    shown = new Set(found.map(([, what]) => what));
  }
  // A countdown to a second look: Python says what is left, this tab counts, and then does what the button would.
  function tick() {
    for (const element of page.querySelectorAll("[data-countdown]")) {
      const { countdown, seconds, countdownAction } = element.dataset;
      if (!ends.has(countdown)) ends.set(countdown, Date.now() + 1000 * Number(seconds));
      const left = Math.max(0, Math.ceil((ends.get(countdown) - Date.now()) / 1000));
      element.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (left > 0 || ends.get(countdown) === 0 || root.hasAttribute("data-busy")) continue;
      ends.set(countdown, 0);
      send(countdownAction, { waited: countdown });
    }
  }
  // Where a class listens, an open page says so: of a closed one the kernel would know nothing.
  let hereAt = Date.now();
  const sayHere = () => {
    if (!page.querySelector("[data-here]") || Date.now() - hereAt < HERE_MILLISECONDS) return;
    hereAt = Date.now();
    try { model.send({ id: `here ${hereAt}.${Math.random()}`, action: "here", fields: {} }); } catch { /* the kernel is gone */ }
  };
  const ticking = setInterval(() => { tick(); sayHere(); }, 1000);
  const mask = keptMask();
  const kept = new Map(); // decided before a node is touched: morphing changes what there is to compare
  // The style sheet knows which theme the page around has; both stand there where the colours are the system's.
  const theme = () => ({ light: "light", dark: "dark" })[getComputedStyle(root).colorScheme];
  const practice = consoleFrame(page, send, theme);
  const callbacks = {
    beforeNodeMorphed: (before, after) => void kept.set(before, keptAttributes(before, after)),
    beforeAttributeUpdated: (name, element) => {
      if (name === "open" && element.localName === "details") return false;
      if (element.hasAttribute("data-pressed") && (name === "data-pressed" || name === "aria-busy")) return false;
      if (element.dataset.picture && (name === "src" || name === "href")) return false;
      return !kept.get(element)?.has(name);
    },
  };
  function draw() {
    const hadFocus = root.contains(document.activeElement);
    root.lang = model.get("language");
    mask.note(page);
    Idiomorph.morph(page, model.get("html"), { morphStyle: "innerHTML", callbacks });
    mask.restore(page);
    kept.clear();
    dropOverwritten();
    showPictures();
    pointToPractice();
    practice.look();
    tick();
    keepFocus(hadFocus);
    showNews();
    const news = page.querySelector("[data-say]")?.dataset.say ?? "";
    if (drawn && news !== status.textContent) say(news);
    drawn = true;
    refreshBusy();
  }
  const onWorking = () => {
    refreshBusy();
    queueMicrotask(pressNext); // once the page that came along is drawn: its buttons are free again
  };
  const receive = (message, buffers) => {
    practice.receive(message, buffers);
    if (message.type === "answered") answered(message.id);
    if (message.type === "picture") takePicture(message, buffers[0]);
    if (message.type === "download" && awaitsFile) download(message, buffers[0]);
    if (message.type === "download") awaitsFile = false;
    if (message.type === "append")
      page.querySelectorAll(`[data-stream="${message.stream}"]`).forEach((element) => element.append(message.text));
    if (message.type === "told")
      page.querySelectorAll(`[data-told="${message.name}"]`).forEach((element) => {
        element.textContent = message.text;
        element.className = message.wrong ? "pp-wrong" : "pp-hint";
      });
  };

  listen();
  draw();
  restoreHalfTyped(page);
  model.on("change:channel", listen);
  model.on("change:html", draw);
  model.on("change:working", onWorking);
  model.on("msg:custom", receive);
  return () => {
    keepHalfTyped(page);
    unanswered.forEach((timer) => clearTimeout(timer));
    clearTimeout(typing);
    clearInterval(ticking);
    practice.end();
    outputs?.close();
    document.removeEventListener("visibilitychange", onReturn);
    window.removeEventListener("focus", onReturn);
    clearTimeout(typing);
    pictures.forEach((url) => URL.revokeObjectURL(url));
    model.off("change:html", draw);
    model.off("change:working", onWorking);
    model.off("change:channel", listen);
    model.off("msg:custom", receive);
  };
}

// anywidget calls this once for each window, and `render` for each of its views.
export default () => {
  const ends = new Map();
  return { render: (context) => render(context, ends) };
};
