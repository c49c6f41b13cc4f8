// Stands in for what a server does for lessons.js: which notebooks are lessons, what is stored of them, and who may use
// what the browser keeps. Written by hand in the form that JupyterLab loads, as lessons.js is.
(() => {
  const WINDOW = "application/vnd.jupyter.widget-view+json";
  const GIVEN = "ppkit-page:given"; // what was shipped when a lesson was first changed, and what was offered since
  const KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel";
  const REST_MILLISECONDS = 3_000; // between two cells it rests for less
  const loading = globalThis.ppkitLoading;
  const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const site = config.baseUrl;
  const shipped = fetch(config.ppkitLessonsUrl).then((answer) => answer.json());
  shipped.catch(() => loading.fail("file", config.ppkitLessonsUrl));
  let shared = {};
  let contents;

  const library = async (name) => (await Object.values(shared[name])[0].get())();
  const wordsFor = async (path) => (await shipped).words[path.split("/")[0] === "it" ? "it" : "en"];
  const given = () => JSON.parse(localStorage.getItem(GIVEN + site) ?? "{}");
  const note = (path, digest) => localStorage.setItem(GIVEN + site, JSON.stringify({ ...given(), [path]: digest }));

  // As Python writes it (ppkit.start.notebooks.digest_of_cells): the two must come to the same digest.
  const asPython = (text) =>
    JSON.stringify(text).replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  async function digestOf(cells) {
    const own = cells.filter((cell) => cell.cell_type !== "code" || cell.metadata?.jupyter?.source_hidden === true);
    const source = (cell) => (Array.isArray(cell.source) ? cell.source.join("") : cell.source);
    const written = `[${own.map((cell) => `["${cell.cell_type}", ${asPython(source(cell))}]`).join(", ")}]`;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(written));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function lessonAt(path, cells) {
    const { lessons } = await shipped;
    const digest = await digestOf(cells);
    if (Object.values(lessons).includes(digest)) return { state: "unchanged", digest };
    loading.end(); // what comes now is not ours, or a question; `prepare` shows again what is not done
    if (!(path in lessons)) return { state: "unknown" };
    await offerNewer(path);
    return { state: "changed", digest, ...(await wordsFor(path)) };
  }

  // A copy with somebody's own words in it is theirs; the new one is laid beside it, if they want to see it.
  async function offerNewer(path) {
    const { lessons } = await shipped;
    if ((given()[path] ?? lessons[path]) === lessons[path]) return;
    note(path, lessons[path]);
    const words = await wordsFor(path);
    const { Dialog, showDialog } = await library("@jupyterlab/apputils");
    const buttons = [Dialog.cancelButton({ label: words.newerKeep }), Dialog.okButton({ label: words.newerOpen })];
    const { button } = await showDialog({ title: words.newerTitle, body: words.newerQuestion, buttons });
    if (!button.accept) return;
    const beside = path.replace(/\.ipynb$/, `.${lessons[path].slice(0, 8)}.ipynb`);
    const answer = await fetch(`${site}files/${path}`, { cache: "no-cache" });
    await contents.save(beside, { type: "notebook", format: "json", content: await answer.json() });
    await window.jupyterapp.commands.execute("docmanager:open", { path: beside });
  }

  // A lesson that was not changed is not stored, so that the next visit finds the newest one. Windows never are: another
  // day they would be errors, and the lesson runs again.
  function guardSaves(manager) {
    contents = manager;
    const save = manager.save.bind(manager);
    manager.save = async (path, model) => {
      const { lessons } = await shipped;
      const plain = path.replace(/^.*:/, "");
      if (!(plain in lessons) || model.type !== "notebook") return save(path, model);
      const { cells } = model.content;
      const served = await (await fetch(`${site}files/${plain}`)).json();
      if (sameSources(cells, served.cells)) return manager.get(path, { content: false });
      if (!(plain in given())) note(plain, lessons[plain]);
      const { widgets, ...metadata } = model.content.metadata;
      return save(path, { ...model, content: { ...model.content, metadata, cells: cells.map(withoutWindows) } });
    };
  }

  const joined = ({ source }) => (Array.isArray(source) ? source.join("") : source);
  const sameSources = (some, others) =>
    some.length === others.length && some.every((cell, place) => joined(cell) === joined(others[place]));
  const withoutWindows = (cell) =>
    cell.outputs ? { ...cell, outputs: cell.outputs.filter(({ data }) => !(data && WINDOW in data)) } : cell;

  // Before a kernel runs anything it asks for what the browser keeps. One that does not get it waits for its turn.
  const seen = new WeakSet();
  async function prepare(panel) {
    const { path } = panel.context;
    nameInAddress(path);
    loading.goOn();
    const beginning = Object.assign(document.createElement("p"), { className: "ppkit-beginning" });
    beginning.setAttribute("role", "status");
    panel.node.append(beginning);
    beginning.textContent = (await wordsFor(path)).beginning;
    try {
      await panel.sessionContext.ready;
      while (!(await hold(panel.sessionContext.session.kernel))) await waitForTurn(path);
      loading.done("work");
      endWithWindow(panel);
    } catch (error) {
      // Later a kernel that somebody stops is no trouble; work that would be lost always is.
      if (error.trouble || loading.isShown()) loading.fail(error.trouble ?? "start", String(error?.message ?? error).slice(0, 200));
      throw error;
    } finally {
      beginning.remove();
    }
  }

  // Once the first window of the lesson is drawn, or the kernel rests and there is none.
  function endWithWindow(panel) {
    let resting = null;
    const end = () => {
      watching.disconnect();
      panel.sessionContext.statusChanged.disconnect(look);
      loading.done("lesson");
      loading.end();
    };
    const watching = new MutationObserver(() => panel.node.querySelector(".ppkit") && end());
    watching.observe(panel.node, { childList: true, subtree: true });
    const look = (_session, status) => {
      clearTimeout(resting);
      if (status === "idle") resting = setTimeout(end, REST_MILLISECONDS);
    };
    panel.sessionContext.statusChanged.connect(look);
  }

  async function hold(kernel) {
    const code = `import ppkit.browser_storage as _storage\nprint(await _storage.hold(${asPython(site)}))\ndel _storage`;
    const said = [];
    const asked = kernel.requestExecute({ code, silent: true, store_history: false });
    asked.onIOPub = ({ content }) => said.push(content.text ?? "");
    const { content: reply } = await asked.done;
    if (reply.status === "error") throw Object.assign(new Error(`${reply.ename}: ${reply.evalue}`), { trouble: troubleOf(reply) });
    return !said.join("").includes("False");
  }

  // Either ppkit is not there, or the browser has refused to keep what it does.
  const troubleOf = ({ ename }) => (/^(ImportError|ModuleNotFoundError)$/.test(ename) ? "start" : "storage");

  async function waitForTurn(path) {
    const words = await wordsFor(path);
    loading.end();
    const notice = Object.assign(document.createElement("div"), { className: "ppkit-busy", tabIndex: -1 });
    notice.setAttribute("role", "alertdialog");
    notice.setAttribute("aria-label", words.busyTitle);
    for (const [kind, text] of [["h1", words.busyTitle], ["p", words.busyNow]])
      notice.append(Object.assign(document.createElement(kind), { textContent: text }));
    document.body.append(notice);
    notice.focus();
    const name = `ppkit:/home/ppkit${site.replace(/\/$/, "")}/data`;
    await navigator.locks.request(name, () => {}); // granted when the other tab is closed, and given back at once
    notice.remove();
  }

  // What a reload, or a link that somebody copies, leads back to. JupyterLab takes it away once a document is open.
  const nameInAddress = (path) => history.replaceState(null, "", `${location.pathname}?path=${encodeURIComponent(path)}`);

  const STYLE = `
    .ppkit-busy { position: fixed; inset: 0; z-index: 10000; display: flex; flex-direction: column; align-items: center;
      justify-content: center; gap: 8px; padding: 24px; text-align: center; outline: none;
      background: var(--jp-layout-color1, #fff); color: var(--jp-ui-font-color1, #1a1a1a); font: 16px/1.5 system-ui; }
    .ppkit-beginning { position: absolute; inset: 40% 24px auto; text-align: center; font: 16px/1.5 system-ui; pointer-events: none;
      color: var(--jp-ui-font-color1, #1a1a1a); animation: ppkit-beginning 0s 0.6s both; }
    @keyframes ppkit-beginning { from { visibility: hidden; } to { visibility: visible; } }
    .ppkit-busy h1 { font-size: 22px; margin: 0; } .ppkit-busy p { max-width: 46ch; margin: 0; }
  `;

  // JupyterLite opens the list of files beside a document that its address names. It stays closed until somebody acts.
  function keepFilesClosed({ shell }) {
    const close = () => { if (!shell.leftCollapsed) shell.collapseLeft(); };
    shell.layoutModified.connect(close);
    for (const used of ["keydown", "pointerdown"])
      document.addEventListener(used, () => shell.layoutModified.disconnect(close), { capture: true, once: true });
  }

  function activate(app) {
    if (!new URLSearchParams(location.search).has("path")) return location.replace("../"); // to the map
    document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
    guardSaves(app.serviceManager.contents);
    keepFilesClosed(app);
    globalThis.ppkitPage = { lessonAt, prepare };
    // A notebook of the learner's own runs when they say so; its kernel is asked before.
    app.shell.currentChanged.connect(() => {
      const { context, sessionContext: session } = app.shell.currentWidget ?? {};
      if (context?.path) nameInAddress(context.path);
      if (!session || seen.has(session)) return;
      seen.add(session);
      const refused = ({ trouble, message }) => trouble && loading.fail(trouble, message.slice(0, 200));
      const ask = () => session.session?.kernel && void hold(session.session.kernel).catch(refused);
      void session.ready.then(ask);
      session.statusChanged.connect((_session, status) => { if (status === "restarting") void session.ready.then(ask); });
    });
  }

  // The kernel's worker tells this page, and no other tab, how far it has come (python.mjs).
  async function listenToPython() {
    const { PageConfig } = await library("@jupyterlab/coreutils");
    const settings = JSON.parse(PageConfig.getOption("litePluginSettings"));
    const told = settings[KERNEL].loadPyodideOptions.told = `ppkit:${crypto.randomUUID()}`;
    PageConfig.setOption("litePluginSettings", JSON.stringify(settings));
    new BroadcastChannel(told).onmessage = ({ data: { begins, done, part, failed, detail } }) => {
      if (begins) loading.begin();
      else if (done) loading.done(done);
      else if (failed) loading.fail(failed, detail);
      else loading.part(part);
    };
    loading.done("page");
    // A worker that finds no program says nothing.
    const program = settings[KERNEL].pyodideUrl;
    const answer = await fetch(program, { method: "HEAD" }).catch(() => null);
    if (!answer?.ok) loading.fail("file", program);
  }

  const plugin = { id: "ppkit-page:plugin", description: "The course without a server.", autoStart: true, activate };
  const container = {
    init: (scope) => { shared = scope; },
    get: async () => {
      await listenToPython();
      return () => ({ __esModule: true, default: plugin });
    },
  };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["ppkit-page"] = container;
})();
