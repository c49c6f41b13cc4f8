"""Scanning git: what is staged, and all that the history still holds."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest

from ppkit.errors import PpkitError
from ppkit.keys.scan import (
    GitFailed,
    GitMissing,
    LeakPlace,
    NoRepository,
    PlaceUnit,
    Reason,
    Unread,
    scan,
    scan_staged,
)

from .canaries import key_of

pytestmark = pytest.mark.processes
KEY = key_of("project")
OTHER = key_of("legacy")


class Repository:
    """A repository in a separate folder, untouched by the settings of the developer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("readme.md", "words")
        self.commit("begin")

    def git(self, *arguments: str) -> str:
        own = {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            **{
                f"GIT_{who}_{part}": "ada@example.org"
                for who in ("AUTHOR", "COMMITTER")
                for part in ("NAME", "EMAIL")
            },
        }
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env=os.environ | own,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")[:10]

    def found(self) -> list[tuple[str, str, LeakPlace]]:
        """What is exposed in its history, and not in its files."""
        report = scan([self.root], history=True)
        assert report.unread == []
        return [
            (leak.commit, leak.path, leak.place)
            for leak in report.leaks
            if leak.commit or leak.path == "refs/tags"
        ]

    def beside(self) -> set[tuple[str, PlaceUnit]]:
        """Where a key is exposed in what git keeps beside its commits, by path in the repository."""
        report = scan([self.root], history=True)
        assert report.unread == []
        assert KEY[12:40] not in repr(report)
        return {
            (leak.path.removeprefix(f"{self.root}{os.sep}"), leak.place.part)
            for leak in report.leaks
            if not leak.commit
        }


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


LINE_1 = LeakPlace(PlaceUnit.LINE, 1)


def test_a_file_that_was_deleted_is_found_with_the_commit_that_brought_it(repository: Repository) -> None:
    repository.write("deep/notes.txt", KEY)
    commit = repository.commit("add notes")
    repository.commit("nothing")
    repository.git("rm", "--quiet", "deep/notes.txt")
    repository.commit("clean up")
    assert repository.found() == [(commit, "deep/notes.txt", LINE_1)]


def test_a_key_that_stays_for_many_commits_is_told_once(repository: Repository) -> None:
    repository.write("notes.txt", KEY)
    commit = repository.commit("add notes")
    for number in range(5):
        repository.write("other.txt", str(number))
        repository.commit(f"change {number}")
    assert repository.found() == [(commit, "notes.txt", LINE_1)]


def test_a_version_that_comes_back_is_told_once(repository: Repository) -> None:
    repository.write("notes.txt", KEY)
    commit = repository.commit("add notes")
    repository.git("rm", "--quiet", "notes.txt")
    repository.commit("clean up")
    repository.write("again.txt", KEY)
    repository.commit("add it again")
    assert repository.found() == [(commit, "notes.txt", LINE_1)]


def test_another_branch_a_tag_and_a_detached_commit_are_looked_into(repository: Repository) -> None:
    commits = []
    for place in ("branch", "tag", "reset"):
        repository.git("checkout", "--quiet", "-B", place, "main")
        repository.write(f"{place}.txt", key_of("project", place))
        commits.append(repository.commit(f"on a {place}"))
    repository.git("tag", "kept", "tag")
    repository.git("checkout", "--quiet", "main")
    repository.git("branch", "--quiet", "-D", "tag", "reset")
    names = {name: commit for commit, name, _place in repository.found()}
    assert names == dict(zip(("branch.txt", "tag.txt", "reset.txt"), commits, strict=True))


def test_every_stash_is_looked_into_and_its_untracked_files(repository: Repository) -> None:
    for number in range(2):
        repository.write("readme.md", f"words {key_of('project', number)}")
        repository.write(f"new{number}.txt", key_of("legacy", number))
        repository.git("stash", "--quiet", "--include-untracked")
    assert sorted(name for _commit, name, _place in repository.found()) == [
        "new0.txt",
        "new1.txt",
        "readme.md",
        "readme.md",
    ]


def test_what_was_amended_is_still_there(repository: Repository) -> None:
    repository.write("notes.txt", KEY)
    commit = repository.commit("add notes")
    repository.write("notes.txt", "clean")
    repository.git("commit", "--quiet", "--all", "--amend", "--message", "add notes")
    assert repository.found() == [(commit, "notes.txt", LINE_1)]


def test_what_only_a_merge_brought_is_found(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "side")
    repository.write("side.txt", "side")
    repository.commit("side")
    repository.git("checkout", "--quiet", "main")
    repository.write("main.txt", "main")
    repository.commit("main")
    repository.git("merge", "--quiet", "--no-commit", "side")
    repository.write("evil.txt", KEY)
    commit = repository.commit("merge")
    assert repository.found() == [(commit, "evil.txt", LINE_1)]


def test_messages_of_commits_and_tags_are_read(repository: Repository) -> None:
    commit = repository.commit(f"use {KEY}")
    repository.git("tag", "--annotate", "v1", "--message", f"with {OTHER}")
    assert repository.found() == [
        (commit, "", LeakPlace(PlaceUnit.MESSAGE)),
        ("", "refs/tags", LeakPlace(PlaceUnit.MESSAGE)),
    ]


def test_a_notebook_in_the_history_is_read_by_cell(repository: Repository) -> None:
    cells = [{"cell_type": "code", "source": "1", "outputs": [{"output_type": "stream", "text": KEY}]}]
    repository.write("lesson.ipynb", json.dumps({"cells": cells}))
    commit = repository.commit("add lesson")
    assert repository.found() == [(commit, "lesson.ipynb", LeakPlace(PlaceUnit.OUTPUT, 1, 1))]


@pytest.mark.parametrize(
    "name", ["città.txt", "a b.txt", "quo\"te's.txt", ":100644 x", "-rf", "line\nend.txt"]
)
def test_names_of_files_may_hold_anything(repository: Repository, name: str) -> None:
    repository.write(name, KEY)
    repository.git("add", "--all")
    assert [leak.path for leak in scan_staged([repository.root]).leaks] == [name]
    commit = repository.commit("odd name")
    assert repository.found() == [(commit, name, LINE_1)]


def test_a_large_binary_version_is_read_and_the_next_one_too(repository: Repository) -> None:
    repository.write("a.bin", os.urandom(3_000_000) + b"\0" + KEY.encode() + b"\0" + os.urandom(10))
    repository.write("b.gz", gzip.compress(b"x" * 500_000)[:20] + os.urandom(300_000))
    repository.write("c.txt", OTHER)
    repository.commit("files")
    report = scan([repository.root], history=True)
    assert [leak.path for leak in report.leaks if leak.commit] == ["a.bin", "c.txt"]


def test_a_bare_repository_has_a_history(repository: Repository, tmp_path: Path) -> None:
    repository.write("notes.txt", KEY)
    commit = repository.commit("add notes")
    repository.git("clone", "--quiet", "--bare", str(repository.root), str(tmp_path / "bare.git"))
    leaks = scan([tmp_path / "bare.git"], history=True).leaks
    assert [(leak.commit, leak.path) for leak in leaks] == [(commit, "notes.txt")]


def test_staged_is_what_the_commit_would_hold_and_nothing_else(repository: Repository) -> None:
    repository.write("staged.txt", f"\n{KEY}")
    repository.git("add", "staged.txt")
    repository.write("staged.txt", "cleaned in the folder, not in the index")
    repository.write("untracked.txt", OTHER)
    leaks = scan_staged([repository.root]).leaks
    assert [(leak.path, leak.place, leak.commit) for leak in leaks] == [
        ("staged.txt", LeakPlace(PlaceUnit.LINE, 2), "")
    ]


def test_staged_before_the_first_commit(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "fresh")
    repository.git("update-ref", "-d", "HEAD")
    repository.write("first.txt", KEY)
    repository.git("add", "--all")
    assert [leak.path for leak in scan_staged([repository.root]).leaks] == ["first.txt"]


def test_a_deletion_that_is_staged_is_no_leak(repository: Repository) -> None:
    repository.write("notes.txt", KEY)
    repository.commit("add notes")
    repository.git("rm", "--quiet", "notes.txt")
    assert scan_staged([repository.root]).leaks == []


def test_nothing_in_the_settings_of_a_strange_repository_is_run(
    repository: Repository, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    ran = tmp_path / "ran"
    trap.write_text(f"#!/bin/sh\necho x > '{ran}'\nexit 1\n")
    trap.chmod(0o755)
    for setting in (
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
    ):
        repository.git("config", setting, str(trap))
    repository.write(".gitattributes", "* diff=trap\n")
    repository.write("notes.txt", KEY)
    repository.git("-c", "core.fsmonitor=false", "add", "--all")
    ran.unlink(missing_ok=True)
    assert len(scan_staged([repository.root]).leaks) == 1
    scan([repository.root], history=True)
    assert not ran.exists()


def test_a_history_of_the_other_repository_while_a_hook_runs_in_this_one(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    other.write("notes.txt", KEY)
    other.commit("add notes")
    monkeypatch.setenv("GIT_DIR", str(repository.root / ".git"))
    assert len([leak for leak in scan([other.root], history=True).leaks if leak.commit]) == 1


def test_the_history_is_only_looked_into_when_asked(repository: Repository) -> None:
    repository.write("notes.txt", KEY)
    repository.commit("add notes")
    repository.git("rm", "--quiet", "notes.txt")
    report = scan([repository.root])
    assert (report.leaks, report.has_history) == ([], True)


def test_a_folder_outside_of_git_has_no_history(tmp_path: Path) -> None:
    with pytest.raises(NoRepository):
        scan([tmp_path], history=True)
    with pytest.raises(NoRepository):
        scan_staged([tmp_path])


def test_a_damaged_repository_is_told(repository: Repository) -> None:
    repository.write("notes.txt", "words")
    repository.commit("add notes")
    for path in (repository.root / ".git/objects").rglob("??????????*"):
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    with pytest.raises(GitFailed) as failed:
        scan([repository.root], history=True)
    assert failed.value.facts["path"] == str(repository.root)


def test_without_git_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitMissing) as missing:
        scan_staged([tmp_path])
    assert isinstance(missing.value, PpkitError)


def test_a_look_into_the_history_ends_between_two_files_of_it(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "project")
    repository.write("a.txt", KEY)
    repository.commit("one")
    repository.write("b.txt", OTHER)
    repository.commit("two")
    for name in ("a.txt", "b.txt", "readme.md"):
        (repository.root / name).unlink()  # what lies in the folder is looked into first
    asked = iter([False, False, True])
    report = scan([repository.root], history=True, cancelled=lambda: next(asked))
    assert [leak.path for leak in report.real] == ["a.txt"]
    assert report.unread == [Unread("b.txt", Reason.STOPPED)]


KEY_SHOWN = f"sk-…{KEY[-4:]}"


def test_the_settings_of_a_repository_are_read(repository: Repository) -> None:
    repository.git("remote", "add", "origin", f"https://user:{KEY}@example.org/a.git")
    assert (".git/config", PlaceUnit.LINE) in repository.beside()


@pytest.mark.parametrize("packed", [False, True])
def test_names_of_branches_and_tags_are_read(repository: Repository, packed: bool) -> None:
    repository.git("branch", KEY)
    repository.git("tag", f"v1-{OTHER}")
    if packed:
        repository.git("pack-refs", "--all")
    told = repository.beside()
    assert (f"refs/heads/{KEY_SHOWN}", PlaceUnit.NAME) in told
    assert (f"refs/tags/v1-sk-…{OTHER[-4:]}", PlaceUnit.NAME) in told


def test_who_made_a_commit_and_who_applied_it_is_read_and_told_once(repository: Repository) -> None:
    commits = []
    for _ in range(2):
        who = ("-c", f"user.name={KEY}", "-c", f"user.email={OTHER}@example.org")
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        command = ["git", *who, "commit", "--quiet", "--allow-empty", "--message", "words"]
        subprocess.run(command, cwd=repository.root, env=own, check=True)
        commits.append(repository.git("rev-parse", "HEAD")[:10])
    people = LeakPlace(PlaceUnit.PEOPLE)
    assert repository.found() == [(commits[0], "", people)] * 4  # name and address, of both


def test_who_made_a_tag_is_read(repository: Repository) -> None:
    own = {"GIT_COMMITTER_NAME": KEY, "GIT_COMMITTER_EMAIL": "ada@example.org"}
    command = ["git", "tag", "--annotate", "v1", "--message", "words"]
    subprocess.run(command, cwd=repository.root, env=os.environ | own, check=True)
    assert repository.found() == [("", "refs/tags", LeakPlace(PlaceUnit.PEOPLE))]


def test_notes_are_read(repository: Repository) -> None:
    repository.git("notes", "add", "--message", f"with {KEY}")
    ((_commit, _path, place),) = repository.found()
    assert place == LINE_1


def test_hooks_and_what_git_remembers_are_read(repository: Repository) -> None:
    (repository.root / ".git/hooks").mkdir(exist_ok=True)
    (repository.root / ".git/hooks/pre-push").write_text(f"#!/bin/sh\nexport K={KEY}\n")
    repository.git("update-ref", "--create-reflog", "-m", f"moved {OTHER}", "refs/heads/b", "HEAD")
    told = repository.beside()
    assert (".git/hooks/pre-push", PlaceUnit.LINE) in told
    assert (".git/logs/refs/heads/b", PlaceUnit.LINE) in told


def test_names_of_files_are_read_in_the_history_and_when_staged(repository: Repository) -> None:
    repository.write(f"{KEY}.txt", "words")
    repository.git("add", "--all")
    assert [(leak.path, leak.place) for leak in scan_staged([repository.root]).leaks] == [
        (f"{KEY_SHOWN}.txt", LeakPlace(PlaceUnit.NAME))
    ]
    commit = repository.commit("add")
    repository.git("rm", "--quiet", f"{KEY}.txt")
    repository.commit("clean up")
    assert repository.found() == [(commit, f"{KEY_SHOWN}.txt", LeakPlace(PlaceUnit.NAME))]


def test_what_was_staged_and_taken_back_is_found(repository: Repository) -> None:
    repository.write("notes.txt", KEY)
    repository.git("add", "notes.txt")
    repository.git("reset", "--quiet")
    (repository.root / "notes.txt").unlink()
    ((path, part),) = repository.beside()
    assert (path.split()[0], part) == ("blob", PlaceUnit.LINE)


def test_a_repository_in_the_folder_is_looked_into_with_its_own_history(repository: Repository) -> None:
    inner = Repository(repository.root / "inner")
    inner.write("notes.txt", KEY)
    commit = inner.commit("add")
    inner.git("rm", "--quiet", "notes.txt")
    inner.commit("clean up")
    assert (commit, "notes.txt", LINE_1) in repository.found()
    assert scan([repository.root]).has_history


def test_submodules_and_other_work_trees_are_looked_into(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.write("notes.txt", KEY)
    commit = other.commit("add")
    other.git("rm", "--quiet", "notes.txt")
    other.commit("clean up")
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "sub")
    repository.git("-C", "sub", "config", "user.note", OTHER)
    repository.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    (repository.root / ".git/worktrees/tree/note").write_text(key_of("admin"))
    assert (commit, "notes.txt", LINE_1) in repository.found()
    assert {
        (".git/modules/sub/config", PlaceUnit.LINE),
        (".git/worktrees/tree/note", PlaceUnit.LINE),
    } <= repository.beside()
    tree = scan([tmp_path / "tree"], history=True)
    assert len([leak for leak in tree.leaks if leak.path.endswith("worktrees/tree/note")]) == 1


def test_a_version_that_was_never_fetched_is_told(repository: Repository) -> None:
    repository.write("notes.txt", "other words")
    repository.commit("add")
    blob = repository.git("rev-parse", "HEAD:notes.txt")
    (repository.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    report = scan([repository.root], history=True)
    assert report.unread == [Unread("notes.txt", Reason.UNREADABLE)]
