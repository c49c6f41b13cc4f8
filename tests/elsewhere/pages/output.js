// One output of Google Colab: a widget manager that shows one model, and gets other people's scripts from a CDN.

import { decoded, encoded } from "./kernel.js";

const CDN = "https://cdn.jsdelivr.net/npm/";
const ask = (message) => window.parent.postMessage(message, "*");
const fail = (error) => ask({ error: String(error?.stack ?? error) });
window.addEventListener("unhandledrejection", ({ reason }) => fail(reason));
window.addEventListener("error", ({ error }) => fail(error));

const { HTMLManager } = await new Promise((done) => window.requirejs(["@jupyter-widgets/html-manager"], done));
const base = await new Promise((done) => window.requirejs(["@jupyter-widgets/base"], done));
const states = new Map(), comms = new Map();

const modules = new Map(); // each is made once: its model and its view know each other
function fromCdn(name, version) {
  if (!modules.has(name)) modules.set(name, fetched(name, version));
  return modules.get(name);
}
async function fetched(name, version) {
  const script = await (await fetch(`${CDN}${name}@${version.replace("^", "")}/dist/index.js`)).text();
  let made;
  new Function("define", script)((_needs, factory) => { made = factory(base); });
  return made;
}

class Comm {
  constructor(id) { Object.assign(this, { comm_id: id, target_name: "jupyter.widget", hear: [] }); }
  on_msg(hear) { this.hear.push(hear); }
  on_close() {}
  send(data, _callbacks, _metadata, buffers) { ask({ comm: { id: this.comm_id, data, buffers: encoded(buffers) } }); return ""; }
}

class Manager extends HTMLManager {
  found = new Map();
  get_model(id) {
    if (!this.found.has(id)) this.found.set(id, this.#made(id));
    return this.found.get(id);
  }
  async #made(id) {
    const state = await new Promise((done) => { states.set(id, done); ask({ wanted: id }); });
    const comm = new Comm(id);
    comms.set(id, comm);
    const kind = { model_name: state._model_name, model_module: state._model_module, model_module_version: state._model_module_version };
    return this.new_model({ ...kind, model_id: id, comm }, state);
  }
}

window.addEventListener("message", ({ data: { id, state, data, buffers } }) => {
  if (state) states.get(id)(state);
  if (data) comms.get(id)?.hear.forEach((hear) => hear({ content: { comm_id: id, data }, buffers: decoded(buffers) }));
});

const asked = new URLSearchParams(location.search);
const theme = asked.get("theme");
if (theme !== "null") document.documentElement.setAttribute("theme", theme);
const manager = new Manager({ loader: fromCdn });
const model = await manager.get_model(asked.get("model"));
await manager.display_view(await manager.create_view(model), document.body);
new ResizeObserver(() => ask({ height: document.documentElement.offsetHeight })).observe(document.body);
