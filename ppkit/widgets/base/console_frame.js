// The practice console inside a window. Its pages come as messages and are put into a frame in which nothing can run or
// be fetched; links and forms are taken from the frame and go back as messages. Pages and fields are kept nowhere else.

// `page` is where the window is drawn, `send` how it speaks to Python, `scheme` which colours it has.
function consoleFrame(page, send, scheme) {
  const mine = Math.random().toString(36).slice(2);
  let frame = null, address = "", language = "", opened = "", calls = "";
  let assets = null; // style sheets and icon, by name; fetched with the first page
  let errand = null, count = 0; // what is asked for and not answered yet
  let keep = new Map(), quiet = false;

  const inside = () => frame.contentDocument;
  const resolve = (to) => {
    const found = new URL(to, `http://console/${address}`);
    return (found.pathname + found.search + found.hash).slice(1);
  };
  const answered = () => {
    errand = null;
    for (const pressed of inside().querySelectorAll("[data-pressed]")) {
      pressed.removeAttribute("data-pressed");
      pressed.removeAttribute("aria-busy");
    }
    inside().documentElement.removeAttribute("data-waiting");
  };

  // As secrets the address and the fields arrive as they are: with the names of keys, or a card, in them.
  function ask(action, secrets, pressed, isQuiet = false) {
    const before = errand;
    errand = `${mine}.${++count}`;
    quiet = isQuiet;
    if (!isQuiet) inside().documentElement.setAttribute("data-waiting", "");
    if (send(action, { errand, assets: assets ? "" : "wanted" }, secrets, pressed)) return;
    if (before) errand = before; // something else is under way
    else answered();
  }

  const visit = (to, pressed = null, isQuiet = false) => ask("console_visit", { address: to }, pressed, isQuiet);

  function submit(event) {
    event.preventDefault();
    const form = event.target, pressed = event.submitter ?? form;
    const sent = String(new URLSearchParams(new FormData(form, event.submitter)));
    const to = form.hasAttribute("action") ? resolve(form.getAttribute("action")) : address;
    if (form.method === "get") visit(`${to.split(/[?#]/)[0]}?${sent}`, pressed);
    else ask("console_submit", { address: to, form: sent }, pressed);
  }

  function follow(event) {
    const link = event.target.closest("a[href]");
    if (link?.dataset.open) keepInSight();
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    const to = link.getAttribute("href");
    if (to.startsWith("#")) goTo(to);
    else visit(resolve(to), link);
  }

  function goTo(anchor) {
    const target = inside().getElementById(decodeURIComponent(anchor.slice(1)));
    target?.scrollIntoView();
    target?.focus({ preventScroll: true });
  }

  // What was typed stays when the same page comes in another language.
  const typedIn = (root) => new Map([...root.querySelectorAll("main :is(input:not([type=hidden], [type=radio], [type=checkbox]), textarea, select)")]
    .filter(({ name, readOnly }) => name && !readOnly).map((field) => [field.name, field.value]));

  function show({ html, address: found }) {
    const document = inside(), fresh = new DOMParser().parseFromString(html, "text/html");
    for (const script of fresh.querySelectorAll("script")) script.remove();
    for (const image of fresh.querySelectorAll("img")) {
      const name = image.getAttribute("src").replace(/^[./]*/, "");
      image.src = `data:image/svg+xml,${encodeURIComponent(assets[name] ?? "")}`;
    }
    if (quiet) return refresh(document, fresh);
    address = found;
    document.documentElement.lang = fresh.documentElement.lang;
    document.title = fresh.title;
    document.body.replaceWith(document.adoptNode(fresh.body));
    for (const field of document.querySelectorAll("[name]")) if (keep.has(field.name)) field.value = keep.get(field.name);
    keep = new Map();
    document.scrollingElement.scrollTo(0, 0);
    // Where the browser would put the focus on a new page; and the words are read out from there.
    (document.querySelector("[autofocus]") ?? document.getElementById("content"))?.focus({ preventScroll: true });
    enlivenConsolePage(document, (to) => visit(resolve(to)));
    const { hash } = new URL(address, "http://console/");
    if (hash) goTo(hash);
    keepInSight();
  }

  // A dialog, a problem or what a click has led to is of no use below the edge of the screen.
  const keepInSight = () => frame.parentElement.scrollIntoView({ block: "nearest" });

  // Figures that have changed since; focus and what is being typed stay where they are.
  function refresh(document, fresh) {
    for (const part of document.querySelectorAll("[data-live]")) {
      const then = fresh.getElementById(part.id);
      if (then && then.outerHTML !== part.outerHTML && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(then));
    }
  }

  function fail() {
    if (quiet) return;
    const note = Object.assign(inside().createElement("p"), { className: "pp-problem", textContent: frame.dataset.failed });
    const again = Object.assign(inside().createElement("button"), { className: "pp-button", textContent: frame.dataset.retry });
    again.addEventListener("click", () => visit(address, again));
    note.setAttribute("role", "alert");
    (inside().getElementById("content") ?? inside().body).prepend(note, again);
    again.focus();
  }

  function dress() {
    const sheets = Object.entries(assets).filter(([name]) => name.endsWith(".css")).map(([, text]) => text);
    const style = inside().createElement("style");
    style.textContent = `${sheets.join("\n")}\n[data-waiting] body { cursor: progress; } [data-waiting] .console-main { opacity: 0.6; }`;
    inside().head.append(style);
  }

  // Whenever the frame has loaded: JupyterLab takes it out of its page and puts it back, which empties it.
  function begun() {
    const document = inside();
    if (!document || document.documentElement.dataset.ours !== undefined) return;
    document.documentElement.dataset.ours = "";
    paint();
    listenToConsole(document);
    document.addEventListener("click", follow);
    document.addEventListener("auxclick", follow); // the middle button would open a tab that leads nowhere
    document.addEventListener("submit", submit);
    if (assets) dress();
    visit(address);
  }

  function paint() {
    const of = scheme();
    inside().documentElement.style.colorScheme = of ?? "light dark"; // until its page is there, a light frame in the dark is a hole
    if (of) inside().documentElement.setAttribute("data-jp-theme-light", String(of === "light"));
  }

  const themes = new MutationObserver(() => {
    if (frame && inside()?.documentElement.dataset.ours !== undefined) paint();
  });
  for (const element of [document.documentElement, document.body])
    themes.observe(element, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind", "theme"] });

  // After each drawing of the window.
  function look() {
    const found = page.querySelector("iframe[data-console]");
    if (!found) return void (frame = null);
    const { console: opening, address: asked } = found.dataset;
    const isNew = found !== frame;
    if (opening !== opened || isNew) address = opening !== opened ? `${asked}?language=${found.dataset.language}` : address;
    const turned = !isNew && opening === opened && found.dataset.language !== language;
    const moved = !isNew && opening !== opened;
    const counted = !isNew && found.dataset.calls !== calls;
    frame = found;
    ({ language, calls } = frame.dataset);
    opened = opening;
    if (isNew) {
      frame.addEventListener("load", begun);
      return;
    }
    if (inside()?.documentElement.dataset.ours === undefined) return;
    paint();
    if (document.activeElement === frame) keepInSight(); // above it the window may have grown
    if (moved) visit(address);
    else if (turned) {
      keep = typedIn(inside());
      const [bare, query] = [address.split(/[?#]/)[0], new URL(address, "http://console/").searchParams];
      query.set("language", language);
      visit(`${bare}?${query}`);
    } else if (counted && !errand && inside().querySelector("[data-live]")) visit(address, null, true);
  }

  function receive(message, buffers) {
    if (!frame || !errand || message.errand !== errand) return;
    if (message.assets && !assets) {
      assets = message.assets;
      dress();
    }
    answered();
    if (message.type === "console_page") show(message);
    else if (message.type === "console_file") download(message, buffers[0]);
    else fail();
  }

  return { look, receive, end: () => themes.disconnect() };
}
