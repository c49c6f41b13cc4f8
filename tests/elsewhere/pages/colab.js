// Google Colab's page, as its public widget manager knows it: every output is a page of its own, from another address,
// which asks this one for the state of a model and gets the messages that come after it.

import { listen, widgetOf } from "./kernel.js";

const OUTPUTS = "http://output.test/";
const models = new Map(); // model id -> what its comm has told so far
const readers = new Map(); // model id -> the frames that have asked for it

async function take({ type, content, buffers }) {
  const { comm_id: id, data } = content;
  if (type === "comm_open") models.set(id, data.state);
  if (type === "comm_msg" && data.method === "update") Object.assign(models.get(id), data.state);
  if (type === "comm_msg") for (const frame of readers.get(id) ?? []) frame.postMessage({ id, data, buffers }, "*");
  if (type === "error") window.errors.push(content.traceback.join("\n"));
  const shown = widgetOf({ type, content });
  if (shown) show(shown, content.metadata);
}

function show(id, metadata) {
  window.announced.push(metadata);
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: `${OUTPUTS}?model=${id}&theme=${document.documentElement.getAttribute("theme")}`, title: "output" });
  document.body.append(frame);
}

window.errors = [];
window.announced = [];
window.addEventListener("message", ({ source, data: { wanted, comm, height, error } }) => {
  if (wanted && !readers.has(wanted)) readers.set(wanted, new Set());
  if (wanted) {
    readers.get(wanted).add(source);
    source.postMessage({ id: wanted, state: models.get(wanted) }, "*");
  }
  if (comm) window.toKernel("comm_msg", { comm_id: comm.id, data: comm.data }, comm.buffers);
  if (height) [...document.querySelectorAll("iframe")].find((frame) => frame.contentWindow === source).height = height;
  if (error) window.errors.push(error);
});
window.isReady = true;
listen(take).catch((error) => window.errors.push(String(error.stack)));
