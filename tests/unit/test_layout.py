"""The repository itself: what a newcomer finds, what a clone must never hold, and what the lock file promises."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000

#: Written in pieces, so that this file does not hold what it forbids.
REGISTRY_WORDS = [
    "deb" + ".debian.org", "ftp" + ".debian.org", "security" + ".debian.org", "snapshot" + ".debian.org",
    "archive" + ".ubuntu.com", "pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js.org", "npm" + "mirror",
    "artifact" + "registry", "pkg" + ".dev", "debian" + "/dists/",
]  # fmt: skip

FOLDERS = [
    "voicebot/dialogue", "voicebot/contacts", "voicebot/language", "voicebot/scenarios", "voicebot/engine",
    "voicebot/telephony", "voicebot/calls", "voicebot/speech", "voicebot/hearing", "voicebot/mis",
    "voicebot/messages", "voicebot/store", "voicebot/reports", "voicebot/web", "voicebot/city",
    "scenarios", "audio", "asterisk_conf", "tests/unit", "tests/integration", "tests/acceptance", "tests/bench", "docs",
]  # fmt: skip


def tracked() -> list[Path]:
    """What a commit holds or would take: tracked files and new ones that are not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=30, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_no_file_names_the_host_of_a_registry() -> None:
    pattern = re.compile("|".join(map(re.escape, REGISTRY_WORDS)).encode(), re.IGNORECASE)
    files = tracked()
    assert len(files) > 50
    assert named([path for path in files if pattern.search(path.read_bytes())]) == []


def test_folders_of_the_architecture_are_there() -> None:
    assert [folder for folder in FOLDERS if not (ROOT / folder).is_dir()] == []


@pytest.mark.parametrize("name", ["Makefile", "pyproject.toml", "docker-compose.yml", "CHANGELOG.md", "LICENSE"])
def test_files_that_users_look_for_are_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 100


def test_readme_shows_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme
    assert len(readme.splitlines()) <= 120, "the README fits on one page"


def test_nothing_large_is_tracked() -> None:
    assert named([path for path in tracked() if path.stat().st_size > 2 * MEGABYTE]) == []


def test_modules_stay_one_concept() -> None:
    modules = [path for path in tracked() if path.suffix == ".py" and path.is_relative_to(ROOT / "voicebot")]
    assert len(modules) > 30
    assert named([path for path in modules if len(path.read_text().splitlines()) > 400]) == []


def test_no_module_is_named_after_nothing() -> None:
    vague = re.compile(r"(^|_)(utils?|helpers?|managers?|handlers?|misc|common)(_|$)")
    assert named([path for path in tracked() if path.suffix == ".py" and vague.search(path.stem)]) == []


def test_test_files_have_names_of_their_own() -> None:
    """Without packages in tests/, two files of one name are one module to some tools."""
    names = [path.name for path in tracked() if path.is_relative_to(ROOT / "tests") and path.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))


def test_ci_runs_the_test_command_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec make test"]


def test_make_help_lists_every_target_that_the_docs_name() -> None:
    shown = subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory", "help"],
        stdout=subprocess.PIPE, text=True, timeout=30, check=True,
    ).stdout  # fmt: skip
    for target in ("setup", "demo", "serve", "test", "test-unit", "bench", "lock", "wheel", "clean"):
        assert re.search(rf"^  make {target} +\S", shown, re.MULTILINE), target


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "setup").glob("*.sh")))
def test_set_up_scripts_parse(script: str) -> None:
    path = ROOT / "setup" / script
    checked = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, timeout=30, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    if script != "common.sh":
        assert path.stat().st_mode & 0o111, f"{script} cannot be run"


def locked(name: str = "requirements.lock") -> dict[str, set[str]]:
    """Package -> versions (one for each kind of Python) of a lock file; fails on a line without a hash."""
    versions: dict[str, set[str]] = {}
    text = (ROOT / name).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            assert "--hash=sha256:" in line, line[:80]
            package, _, version = line.split()[0].partition("==")
            versions.setdefault(canonicalize_name(package), set()).add(version.rstrip(";"))
    return versions


def test_lock_satisfies_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["vosk"], *extras["postgres"]]
    pinned = locked()
    for requirement in map(Requirement, wanted):
        versions = pinned.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement} is not in requirements.lock: make lock"
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: make lock"


def test_lock_holds_no_torch_and_agrees_with_the_build_tools() -> None:
    pinned, build = locked(), locked("setup/build.lock")
    assert not {"torch", "torchaudio", "triton"} & set(pinned)
    assert {"hatchling", "setuptools", "wheel"} <= set(build)
    assert {name: build[name] for name in build if name in pinned and build[name] != pinned[name]} == {}


def test_licence_is_the_whole_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
