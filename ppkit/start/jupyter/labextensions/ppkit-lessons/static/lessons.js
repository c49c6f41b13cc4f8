// A lesson of ppkit runs by itself when it is opened, and the next one goes on in the same kernel, where the key
// is. Written by hand in the form that JupyterLab loads (a module federation container of one module), so there is
// nothing to build. Which notebooks are lessons, and whether one was changed, the server knows
// (ppkit.start.lesson_service), or, in a static page, the page itself (`ppkitPage`, deploy/static-page).
(() => {
  const ACCEPTED = "ppkit-lessons:accepted"; // digests of changed lessons that the user has agreed to run
  const config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  let shared = {};

  // A library that JupyterLab itself has loaded.
  async function library(name) {
    const [version] = Object.values(shared[name]);
    return (await version.get())();
  }

  async function lessonAt({ path, model }) {
    if (globalThis.ppkitPage) return ppkitPage.lessonAt(path, model.toJSON().cells);
    const address = `${config.baseUrl ?? "/"}ppkit/lesson?path=${encodeURIComponent(path)}`;
    const answer = await fetch(address, { headers: config.token ? { Authorization: `token ${config.token}` } : {} });
    return answer.ok ? answer.json() : { state: "unknown" };
  }

  // Code that is not ours runs only if the user says so; the answer holds for this very text.
  async function mayRun(lesson) {
    if (lesson.state !== "changed") return lesson.state === "unchanged";
    const accepted = JSON.parse(localStorage.getItem(ACCEPTED) ?? "[]");
    if (accepted.includes(lesson.digest)) return true;
    const { Dialog, showDialog } = await library("@jupyterlab/apputils");
    const buttons = [Dialog.cancelButton({ label: lesson.leave }), Dialog.okButton({ label: lesson.run })];
    const { button } = await showDialog({ title: lesson.title, body: lesson.question, buttons });
    if (button.accept) localStorage.setItem(ACCEPTED, JSON.stringify([...accepted, lesson.digest].slice(-50)));
    return button.accept;
  }

  const isNotebook = (widget) => Boolean(widget?.context?.path?.endsWith(".ipynb") && widget.content?.widgets);

  // A lesson has the page to itself, without the tools of an editor; the menu stays, and leads to all of them. What is
  // changed here lasts as long as the page.
  function calm(app) {
    if (!("mode" in app.shell)) return; // Notebook 7 shows one document anyway
    app.shell.mode = "single-document";
    app.shell.collapseLeft();
    app.shell.collapseRight();
    for (const side of ["left", "right"])
      if (app.shell.isSideTabBarVisible(side)) app.shell.toggleSideTabBarVisibility(side);
    for (const bar of app.shell.widgets("bottom")) bar.hide();
  }

  const STYLE = `
    .ppkit-lesson { --jp-cell-prompt-width: 0px; }
    .ppkit-lesson .jp-Cell { max-width: 1112px; margin-inline: auto; }
    .ppkit-lesson :is(.jp-Collapser, .jp-InputPrompt, .jp-OutputPrompt, .jp-InputPlaceholder) { display: none; }
    .ppkit-lesson:not(.ppkit-code) .jp-cell-toolbar { display: none; }
    .ppkit-lesson.ppkit-code .jp-CodeCell .jp-InputArea > .jp-InputPrompt { display: block; flex-basis: 64px; min-width: 64px; }
    .ppkit-lesson.ppkit-code .jp-CodeCell:not(:has(.ppkit)) .jp-OutputPrompt { display: block; flex-basis: 64px; min-width: 64px; }
    .ppkit-lesson :is(.jp-OutputArea, .jp-OutputArea-child, .jp-OutputArea-output, .jp-Cell-outputWrapper) { overflow: visible; }
    .ppkit-lesson .jp-Notebook .jp-Cell:not(.jp-mod-editMode) { border-color: transparent; }
    body:not(.ppkit-keys) .ppkit-lesson .jp-Notebook .jp-Cell.jp-mod-active:focus-visible { box-shadow: none; }
  `;

  // A page that was just opened has the focus on its first cell: a frame around it is for who goes on by keyboard.
  const noteKeys = ({ type }) => document.body.classList.toggle("ppkit-keys", type === "keydown");

  // Code that is not folded is there to be read, changed and run by the reader (lesson_service judges alike).
  const isShownCode = ({ model }) => model.type === "code" && model.getMetadata("jupyter")?.source_hidden !== true;

  async function run(panel) {
    await globalThis.ppkitPage?.prepare(panel);
    await panel.sessionContext.ready;
    const { NotebookActions } = await library("@jupyterlab/notebook");
    const own = panel.content.widgets.filter((cell) => !isShownCode(cell));
    await NotebookActions.runCells(panel.content, own, panel.sessionContext);
  }

  function lessonsIn(app) {
    const seen = new WeakSet();
    let isCalm = false;

    async function open(panel) {
      if (!isNotebook(panel) || seen.has(panel)) return;
      seen.add(panel);
      await panel.context.ready;
      const lesson = await lessonAt(panel.context);
      if (!(await mayRun(lesson))) return;
      if (!isCalm) calm(app);
      isCalm = true;
      panel.addClass("ppkit-lesson");
      if (panel.content.widgets.some(isShownCode)) panel.addClass("ppkit-code");
      else panel.toolbar.hide();
      await run(panel);
      const first = panel.content.widgets.findIndex(isShownCode);
      if (first >= 0) panel.content.activeCellIndex = first; // where its reader begins
      runAfterRestarts(panel);
    }

    // After a restart the windows would be pictures of themselves.
    function runAfterRestarts(panel) {
      let hasRestarted = false;
      panel.sessionContext.statusChanged.connect((_session, status) => {
        if (status === "restarting" || status === "autorestarting") hasRestarted = true;
        if (status !== "idle" || !hasRestarted) return;
        hasRestarted = false;
        void run(panel);
      });
    }

    // A link from one lesson to another. Pages without this extension follow it as a link.
    async function follow(event) {
      const link = event.target.closest?.("a[data-lesson]");
      const panel = app.shell.currentWidget;
      if (!link || !isNotebook(panel) || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const wanted = new URL(link.getAttribute("href"), `http://lessons/${panel.context.path}`).pathname;
      const path = decodeURIComponent(wanted.slice(1));
      if (path === panel.context.path) return;
      // A notebook of the user's own stays open, and keeps its kernel to itself.
      if (!panel.hasClass("ppkit-lesson")) await app.commands.execute("docmanager:open", { path });
      else if ("mode" in app.shell) await goFrom(panel, path);
      else await leave(panel, path, link.href);
    }

    // In Notebook 7 a notebook is a page of its own: the kernel is given to the next one before it is opened.
    async function leave(panel, path, address) {
      const kernel = panel.sessionContext.session?.kernel;
      await panel.context.save();
      if (kernel) {
        const asked = { path, name: path, type: "notebook", kernel: { id: kernel.id, name: kernel.name } };
        await app.serviceManager.sessions.startNew(asked);
      }
      location.assign(address);
    }

    // The kernel goes along, and with it the key. The page before is closed first: two notebooks of one kernel share
    // the part of ipywidgets that draws windows, and it would go with the first of them. Something stands in between,
    // or JupyterLab would fill the empty page with its launcher.
    async function goFrom(panel, path) {
      const kernel = panel.sessionContext.session?.kernel;
      const { Widget } = await library("@lumino/widgets");
      const between = new Widget();
      between.id = "ppkit-between-lessons";
      app.shell.add(between, "main");
      app.shell.activateById(between.id);
      try {
        await panel.context.save();
        panel.close();
        await app.commands.execute("docmanager:open", { path, kernel: kernel && { id: kernel.id } });
      } finally {
        between.dispose();
      }
    }

    document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
    app.shell.currentChanged.connect(() => void open(app.shell.currentWidget));
    document.addEventListener("click", (event) => void follow(event));
    for (const used of ["keydown", "pointerdown"]) document.addEventListener(used, noteKeys, true);
    app.restored.then(() => void open(app.shell.currentWidget));
  }

  const plugin = {
    id: "ppkit-lessons:plugin",
    description: "Runs a lesson when it is opened, and leads to the next one.",
    autoStart: true,
    activate: lessonsIn,
  };

  const container = {
    init: (scope) => { shared = scope; },
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["ppkit-lessons"] = container;
})();
