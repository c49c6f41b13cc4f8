// What the server says about a save, shown where JupyterLab shows its news. Written by hand in the form that
// JupyterLab loads (a module federation container of one module), so there is nothing to build.
(() => {
  const SAID = "https://ppkit/notebook-guard/key-kept-out";

  const plugin = {
    id: "ppkit-guard:plugin",
    description: "Tells when a key was kept out of a saved notebook.",
    autoStart: true,
    activate: app => {
      app.serviceManager.events.stream.connect((_stream, event) => {
        if (event.schema_id === SAID) {
          // Stays until the person closes it: whoever pastes a key may be looking elsewhere.
          app.commands.execute("apputils:notify", {
            message: event.message, type: "warning", options: { autoClose: false },
          });
        }
      });
    },
  };

  const container = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["ppkit-guard"] = container;
})();
