// What the kernel loads as Pyodide: Pyodide itself, with all packages of the course laid out before Python begins.
//
// They come as one archive, which the browser unpacks many times faster than Python inside the page would, and without
// copying a file. Packages with a library of machine code stay Pyodide's to load. What has been done is told to the page.
const OF_PYODIDE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];
// Written here by the build, so that what is loaded is of one version also in a page that was open before it came.
const COURSE = { archive: "", libraries: {} };
const BLOCK = 512; // bytes: a tar is made of these
const GZIP = [0x1f, 0x8b];
const MAGIC = "ustar", MAGIC_AT = 257; // in the first block of each tar

const didNotArrive = (file) => Object.assign(new Error(`${file} did not arrive`), { file });

async function fetched(name, options) {
  const answer = await fetch(new URL(name, import.meta.url), options).catch(() => null);
  if (!answer?.ok) throw didNotArrive(name);
  return answer;
}

// The whole answer; `tell` learns that something came, and which part of it is there, where that can be known: the
// length of a compressed answer is not that of the bytes that come out of it.
async function bytesOf(answer, tell) {
  const total = answer.headers.get("content-encoding") ? 0 : Number(answer.headers.get("content-length"));
  const pieces = [];
  let here = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    here += value.length;
    tell({ part: total ? Math.min(1, here / total) : 0 });
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

// Some hosts say that a file named .gz is a compressed answer: the browser has then unpacked it already.
async function unpacked(bytes) {
  if (GZIP.some((sign, place) => bytes[place] !== sign)) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function tarOf(name, tell, options) {
  try {
    const tar = await unpacked(await bytesOf(await fetched(name, options), tell));
    if (new TextDecoder().decode(tar.subarray(MAGIC_AT, MAGIC_AT + MAGIC.length)) === MAGIC) return tar;
  } catch (error) {
    if (error instanceof RangeError) throw error; // no memory for it: another matter
  }
  throw didNotArrive(name); // in part, or as another page of the host
}

// What a cache holds of it may be what a host once said instead.
const packagesOf = (name, tell) =>
  tarOf(name, tell).catch((error) => {
    if (!error.file) throw error;
    return tarOf(name, tell, { cache: "reload" });
  });

// The plain files of a tar (POSIX ustar): [path, contents], each a part of `tar`.
function* filesOf(tar) {
  const text = (start, length) => new TextDecoder().decode(tar.subarray(start, start + length)).replace(/\0.*$/s, "");
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const [name, size, prefix] = [text(at, 100), parseInt(text(at + 124, 12), 8), text(at + 345, 155)];
    const start = at + BLOCK;
    yield [prefix ? `${prefix}/${name}` : name, tar.subarray(start, start + size)];
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function layOut(FS, folder, tar) {
  const made = new Set();
  for (const [path, contents] of filesOf(tar)) {
    const place = path.lastIndexOf("/"), parent = place < 0 ? folder : `${folder}/${path.slice(0, place)}`;
    if (!made.has(parent)) FS.mkdirTree(parent);
    made.add(parent);
    FS.writeFile(`${folder}/${path}`, contents, { canOwn: true });
  }
}

// Pyodide writes to the console that a library did not arrive, and goes on without it.
function checkLibraries({ loadedPackages }) {
  for (const [name, file] of Object.entries(COURSE.libraries))
    if (!(name in loadedPackages)) throw didNotArrive(file);
}

// `told` is the channel on which the page listens; the rest is Pyodide's.
export async function loadPyodide({ told, ...options }) {
  let channel = told && new BroadcastChannel(told);
  const tell = (message) => channel?.postMessage(message);
  tell({ begins: true });
  const packages = packagesOf(COURSE.archive, tell);
  packages.catch(() => {}); // it is told below, whatever fails before
  // Pyodide would wait for ever for one of its files.
  const own = () => Promise.all(OF_PYODIDE.map((name) => fetched(name, { method: "HEAD" })));
  const fsInit = async (FS, { sitePackages }) => {
    layOut(FS, sitePackages, await packages);
    tell({ done: "packages" });
  };
  try {
    await own();
    const pyodide = await import("./pyodide.mjs");
    const libraries = Object.keys(COURSE.libraries);
    const [python] = await Promise.all([pyodide.loadPyodide({ ...options, packages: libraries, fsInit }), packages]);
    checkLibraries(python);
    tell({ done: "python" });
    return python;
  } catch (error) {
    tell({ failed: error.file ? "file" : "start", detail: error.file ?? String(error.message).slice(0, 200) });
    throw error;
  } finally {
    channel?.close();
    channel = null; // the archive may still be coming
  }
}
