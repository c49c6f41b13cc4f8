"""A program of its own that reads one PDF from its standard input and prints what is written in it.

It is a process because nothing else can be stopped: a PDF may be made so that reading it takes for ever, or
all memory. Each line printed is one JSON object; the last one says how it ended. Only pypdf is imported here.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

MOST_MEMORY = 2 * 1024 * 1024 * 1024  # bytes of address space
DEEPEST = 40  # objects in objects
ENCRYPTED, DAMAGED, TOO_LARGE, DONE = "encrypted", "damaged", "too_large", "done"
PICTURES = ("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode")


def main() -> None:
    _bound_memory()
    said = sys.stdout
    sys.stdout = sys.stderr

    def say(**line: object) -> None:
        said.write(json.dumps(line) + "\n")

    try:
        say(end=_read(io.BytesIO(sys.stdin.buffer.read()), say))
    except MemoryError:
        say(end=TOO_LARGE)
    said.flush()


def _bound_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # POSIX only

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _read(content: io.BytesIO, say: Callable[..., None]) -> str:
    """Every page's text, every text and stream of every object. Returns how it ended."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, LimitReachedError

    try:
        reader = PdfReader(content)
        if reader.is_encrypted and not reader.decrypt(""):
            return ENCRYPTED
    except DependencyError:
        return ENCRYPTED
    except MemoryError:
        raise
    except Exception:  # whatever a reader of foreign bytes raises
        return DAMAGED
    end = DONE
    for step in (_pages, _objects, _attachments):
        try:
            for line in step(reader):
                if line is None:
                    end = DAMAGED
                else:
                    say(**line)
        except MemoryError:
            raise
        except LimitReachedError:
            end = TOO_LARGE
        except Exception:
            end = DAMAGED if end == DONE else end
    return end


def _pages(reader: Any) -> Iterator[dict[str, object] | None]:
    """The text of each page as it is laid out; None for one that cannot be read."""
    for number, page in enumerate(reader.pages, start=1):
        try:
            yield {"page": number, "text": page.extract_text()}
        except MemoryError:
            raise
        except Exception:
            yield None


def _objects(reader: Any) -> Iterator[dict[str, object] | None]:
    """Annotations, form values, bookmarks, scripts, metadata: every object, also those that no page shows."""
    from pypdf.generic import IndirectObject

    numbers = {(number, edition) for edition, places in reader.xref.items() for number in places}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if reader.trailer:
        yield from _written(reader.trailer, 0)
    for number, edition in sorted(numbers):
        if number == 0:
            continue
        try:
            found = IndirectObject(number, edition, reader).get_object()
            yield from _written(found, 0)
        except MemoryError:
            raise
        except Exception:
            yield None


def _written(node: Any, depth: int) -> Iterator[dict[str, object] | None]:
    from pypdf.generic import (
        ArrayObject,
        ByteStringObject,
        DictionaryObject,
        NameObject,
        StreamObject,
        TextStringObject,
    )

    if depth > DEEPEST:
        yield None
    elif isinstance(node, TextStringObject | NameObject):
        yield {"text": str(node)}
        original = getattr(node, "original_bytes", b"")
        if original and original.decode("latin-1") != str(node):
            yield {"text": original.decode("latin-1")}
    elif isinstance(node, ByteStringObject):
        yield {"text": bytes(node).decode("latin-1")}
    elif isinstance(node, DictionaryObject):
        for name in list(node):
            yield {"text": str(name)}
            yield from _written(node.raw_get(name), depth + 1)
        if isinstance(node, StreamObject) and not _is_picture(node):
            yield {"text": node.get_data().decode("latin-1")}
    elif isinstance(node, ArrayObject):
        texts = [str(one) for one in list.__iter__(node) if isinstance(one, TextStringObject)]
        if len(texts) > 1:
            yield {"text": "".join(texts)}
        for one in list.__iter__(node):
            yield from _written(one, depth + 1)


def _is_picture(stream: Any) -> bool:
    """Points of a picture: what they show is not read, here or anywhere."""
    filters = stream.get("/Filter", "")
    return any(name in PICTURES for name in (filters if isinstance(filters, list) else [filters]))


def _attachments(reader: Any) -> Iterator[dict[str, object] | None]:
    for name, contents in reader.attachments.items():
        for content in contents:
            yield {"name": name, "content": base64.b64encode(content).decode()}


if __name__ == "__main__":
    main()
