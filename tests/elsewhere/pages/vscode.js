// The part of VS Code's Jupyter extension between a kernel and the extension's own widget manager (the npm package):
// one page for all outputs, scripts of widgets from the kernel's environment.

import { decoded, encoded, listen, widgetOf } from "./kernel.js";

const signal = () => {
  const slots = new Set();
  return { connect: (slot) => slots.add(slot), disconnect: (slot) => slots.delete(slot), emit: (...args) => slots.forEach((slot) => slot(...args)) };
};
const comms = new Map(), targets = new Map(), futures = new Map();

class Comm {
  constructor(targetName, commId) { Object.assign(this, { targetName, commId, isDisposed: false, onMsg: null, onClose: null }); }
  open(data, metadata, buffers) { return this.#send("comm_open", { target_name: this.targetName, data }, buffers); }
  send(data, metadata, buffers) { return this.#send("comm_msg", { data }, buffers); }
  close(data) { comms.delete(this.commId); return this.#send("comm_close", { data: data ?? {} }); }
  #send(type, content, buffers) {
    const future = { msg: { header: { msg_id: "" } }, onIOPub: null, onReply: null, onStdin: null };
    window.toKernel(type, { comm_id: this.commId, ...content }, encoded(buffers)).then((id) => futures.set(id, future));
    return future;
  }
}

const kernel = {
  id: "kernel", clientId: "client", username: "", name: "python3", status: "idle", connectionStatus: "connected", isDisposed: false,
  model: { id: "kernel", name: "python3" }, handleComms: true,
  statusChanged: signal(), connectionStatusChanged: signal(), iopubMessage: signal(), anyMessage: signal(), disposed: signal(),
  unhandledMessage: signal(), pendingInput: signal(),
  registerCommTarget: (name, open) => targets.set(name, open),
  removeCommTarget: (name) => targets.delete(name),
  createComm(target, id) { const comm = new Comm(target, id); comms.set(id, comm); return comm; },
  requestCommInfo: async () => ({ content: { comms: {} } }),
  dispose() {},
};

async function take({ type, parent, metadata, content, buffers }) {
  const message = { header: { msg_type: type }, parent_header: { msg_id: parent }, channel: "iopub", content, buffers: decoded(buffers), metadata };
  if (type === "comm_open") {
    const comm = kernel.createComm(content.target_name, content.comm_id);
    await targets.get(content.target_name)?.(comm, message);
  } else if (type === "comm_msg") await comms.get(content.comm_id)?.onMsg?.(message);
  else if (type === "comm_close") comms.get(content.comm_id)?.onClose?.(message);
  futures.get(parent)?.onIOPub?.(message);
  kernel.iopubMessage.emit(kernel, message);
  if (type === "error") window.errors.push(content.traceback.join("\n"));
  const id = widgetOf({ type, content });
  if (id) await show(id);
}

async function show(id) {
  const element = document.createElement("div");
  element.className = "cell-output-ipywidget-background";
  Object.entries({ tabindex: "0", role: "region", "aria-label": "Interactive widget output" }).forEach((pair) => element.setAttribute(...pair));
  const output = document.createElement("div");
  output.className = "output_container";
  output.append(element);
  document.body.append(output);
  const model = await manager.get_model(id);
  const view = await manager.create_view(model, { el: element });
  await manager.display_view({}, view, { node: element });
}

window.errors = [];
const { activate } = await import("./ipywidgets.js");
activate();
window.vscIPyWidgets8.load();
const scripts = {
  widgetsRegisteredInRequireJs: new Set(),
  async loadWidgetScript(name) {
    window.requirejs.config({ paths: { [name]: `/nbextensions/${name}/index` } }); // as it reads in the extension's entry file
    this.widgetsRegisteredInRequireJs.add(name);
  },
  errorHandler: (...told) => window.errors.push(told.join(" ")),
  successHandler: () => {},
};
const manager = new window.vscIPyWidgets.WidgetManager(kernel, document.body, scripts, () => {});
window.isReady = true;
listen(take).catch((error) => window.errors.push(String(error.stack)));
