// Loads python.mjs, as the build writes it, with a host that answers as told and a Pyodide that only lays files out:
// node loading.mjs FOLDER, where that file and a pyodide.mjs are. What is told to the page is printed.
//
// On standard input: {name: [{status, headers, bytes (base64), isLost}, ...]} — one answer after the other, the last one again.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const answers = JSON.parse(readFileSync(0, "utf8"));
const told = [], asked = [];

// Two pieces, of which a lost connection brings the first one.
function bodyOf(bytes, isLost) {
  const half = bytes.length >> 1;
  return new ReadableStream({
    start(stream) {
      stream.enqueue(bytes.subarray(0, half));
      if (isLost) return stream.error(new TypeError("network error"));
      stream.enqueue(bytes.subarray(half));
      stream.close();
    },
  });
}

globalThis.fetch = async (address, { method = "GET", cache = "default" } = {}) => {
  const name = new URL(address).pathname.split("/").at(-1);
  asked.push([name, method, cache]);
  const known = answers[name] ?? [{}];
  const { status = 200, headers = {}, bytes = "", isLost = false } = known.length > 1 ? known.shift() : known[0];
  return new Response(bodyOf(Buffer.from(bytes, "base64"), isLost), { status, headers });
};
globalThis.BroadcastChannel = class {
  postMessage(message) {
    if (this.isClosed) throw new Error("closed");
    told.push(message);
  }
  close() { this.isClosed = true; }
};

const { loadPyodide } = await import(pathToFileURL(`${process.argv[2]}/python.mjs`).href);
const files = await loadPyodide({ told: "page" }).then(({ files }) => files, () => null);
console.log(JSON.stringify({ told, asked, files }));
process.exit();
