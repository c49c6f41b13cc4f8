// Runs beside Python, in the page's worker: a folder whose files the browser keeps, for one page at a time.
// Python is told whether it is held; it is until the worker ends, however that happens.
async (FS, folder) => {
  const isHeld = await new Promise((answer, fail) => {
    const whileHeld = (lock) => {
      answer(lock !== null);
      return lock && new Promise(() => {});
    };
    navigator.locks.request(`ppkit:${folder}`, { ifAvailable: true }, whileHeld).catch(fail);
  });
  if (!isHeld) return false;
  FS.mkdirTree(folder);
  // Kept after every change of a file: whole databases, in one transaction of the browser's own, so that what is found
  // after a reload is what stood there between two steps of Python.
  FS.mount(FS.filesystems.IDBFS, { autoPersist: true }, folder);
  await new Promise((done, fail) => FS.syncfs(true, (error) => (error ? fail(error) : done())));
  return true;
}
