// Compiles the modules in a folder for the Python of the page, by that Python: node compile.mjs FOLDER
//
// The names in tracebacks are those that the modules will have in the page.
import { loadPyodide } from "pyodide";

const PROGRAM = `
import pathlib, py_compile, site

[site_packages] = site.getsitepackages()

for source in sorted(pathlib.Path("/wheels").rglob("*.py")):
    _root, _wheels, wheel, *inside = source.parts
    py_compile.compile(
        str(source), cfile=f"{source}c", dfile="/".join([site_packages, *inside]), doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
`;

const python = await loadPyodide();
python.FS.mkdirTree("/wheels");
python.FS.mount(python.FS.filesystems.NODEFS, { root: process.argv[2] }, "/wheels");
python.runPython(PROGRAM);
