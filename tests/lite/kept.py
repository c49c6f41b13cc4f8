"""Everything in which a browser keeps what a page gives it, searched for a text."""

from __future__ import annotations

from collections.abc import Iterable

from playwright.sync_api import Page

# `needles` in small letters. Bytes are read as Latin-1, which has a letter for each of them.
_SEARCH = """async (needles) => {
  const found = new Set();
  const latin = new TextDecoder("latin1");
  const look = (place, text) => {
    const small = text.toLowerCase();
    for (const [name, needle] of Object.entries(needles))
      if (small.includes(needle)) found.add(`${place}: ${name}`);
  };
  const lookInto = async (place, value) => {
    if (typeof value === "string") look(place, value);
    else if (value instanceof Blob) look(place, latin.decode(await value.arrayBuffer()));
    else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) look(place, latin.decode(value));
    else if (value && typeof value === "object")
      for (const [name, part] of Object.entries(value)) { look(place, name); await lookInto(place, part); }
  };
  const answered = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    const database = await answered(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const place = `IndexedDB ${name}`;
      const kept = database.transaction(store).objectStore(store);
      const [keys, values] = [await answered(kept.getAllKeys()), await answered(kept.getAll())];
      for (const key of keys) look(place, String(key));
      for (const value of values) await lookInto(place, value);
    }
    database.close();
  }
  for (const storage of ["localStorage", "sessionStorage"])
    for (const [name, value] of Object.entries(window[storage])) look(storage, name + value);
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      look("Cache", request.url);
      await lookInto("Cache", await (await cache.match(request)).arrayBuffer());
    }
  }
  const lookAt = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.value !== undefined) look("field", String(element.value));
      if (element.shadowRoot) lookAt(element.shadowRoot);
      if (element.contentDocument) lookAt(element.contentDocument);
    }
    look("document", (root.documentElement ?? root).outerHTML ?? root.innerHTML);
  };
  lookAt(document);
  look("address", location.href + JSON.stringify(history.state) + document.cookie + window.name);
  const { contents } = window.jupyterapp.serviceManager;
  const walk = async (folder) => {
    for (const one of (await contents.get(folder, { content: true })).content)
      if (one.type === "directory") await walk(one.path);
      else await lookInto(`notebook ${one.path}`, (await contents.get(one.path, { content: true })).content);
  };
  await walk("");
  return [...found].sort();
}"""


def places_in_browser(page: Page, needles: dict[str, str]) -> list[str]:
    """ "place: name" for each place that holds the needle of that name, in letters of any size."""
    small = {name: needle.lower() for name, needle in needles.items()}
    found: list[str] = page.evaluate(_SEARCH, small)
    return found


def heard(page: Page) -> list[str]:
    """What is written to the console from now on, by the page and by its workers, and the page's own errors.

    Not what the browser itself notes of a worker: Playwright passes that on for pages only.
    """
    said: list[str] = []
    page.context.on("console", lambda message: said.append(message.text))
    page.context.on("weberror", lambda error: said.append(str(error.error)))
    return said


def refusals_in(said: Iterable[str]) -> list[str]:
    """What the content security policy has refused to the page; of a worker it is not heard."""
    return [line for line in said if "Content Security Policy" in line]
