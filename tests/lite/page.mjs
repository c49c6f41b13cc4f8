// Python as a web page runs it (Pyodide), without the page: `node page.mjs PYODIDE SCRIPT NAME=FOLDER...`
//
// Each folder is mounted under /NAME. The script's `main` is awaited; what it prints is printed.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { basename } from "node:path";

const [pyodide, script, ...mounts] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide({
  env: { HOME: "/home/page", PPKIT_HOME: "/data", PYTHONPYCACHEPREFIX: "/compiled" },
});
for (const mount of mounts) {
  const [name, folder] = mount.split("=");
  python.mountNodeFS(`/${name}`, folder);
}
try {
  python.runPython(await readFile(script, "utf8"), { filename: basename(script) });
  await python.runPythonAsync("await main()");
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
process.exit();
