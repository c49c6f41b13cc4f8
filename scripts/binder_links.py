"""Links that open the course on Binder: `python scripts/binder_links.py ORG/REPO REF [BRANCH]` prints them.

REF is what the image is built from; a tag keeps it cached. With a BRANCH the link first fetches its newest
lessons into the session (nbgitpuller), so that a changed lesson needs no new image.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "it")
FETCHED_TO = "lessons"
"""The folder that a session's newest lessons are put into, beside those of the image."""


def first_lesson(language: str) -> str:
    """The path of the notebook that the course begins with."""
    return min((ROOT / "notebooks" / language).glob("*.ipynb")).relative_to(ROOT).as_posix()


def place(language: str, folder: str = "") -> str:
    """Where a session opens: the course, in JupyterLab with its menus in this language."""
    return f"ppkit/in/{language}/doc/tree/{folder}{first_lesson(language)}"


def pull(repository: str, branch: str, language: str) -> str:
    """The same, after the branch was fetched: nbgitpuller's address and parameters."""
    asked = {"repo": repository, "branch": branch, "targetPath": FETCHED_TO}
    return "git-pull?" + urlencode(asked | {"urlpath": place(language, f"{FETCHED_TO}/")})


def link(name: str, ref: str, language: str, branch: str = "") -> str:
    """The whole link, for a repository of this name ("ORG/REPO")."""
    opened = pull(f"https://github.com/{name}", branch, language) if branch else place(language)
    return f"https://mybinder.org/v2/gh/{name}/{ref}?urlpath={quote(opened, safe='')}"


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print(__doc__)
        return 2
    name, ref, *branch = sys.argv[1:]
    for language in LANGUAGES:
        print(link(name, ref, language, *branch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
