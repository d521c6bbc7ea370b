"""Debian packages unpacked into a folder, with every library that the chosen programs load: no root, no chroot.

    debs.py PREFIX --name NAME --suite SUITE --package NAME... [--program PATH...] [--also NAME...] [--hints FILE] [...]

The libraries are found at fetch time: by what the programs ask the loader for, among what their packages depend on.
The folder is made beside PREFIX and renamed when everything is proved to resolve inside it, so that a kill in the
middle leaves nothing half made. A folder that is there already and passes the same proof is kept.
Runs on the machine's own Python 3.11 or newer, without any other package.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from prefix import LibraryMissing, Prefix
from private_apt import AptFailed, PrivateApt


def main() -> int:
    wanted = _arguments()
    try:
        _make(wanted)
    except (AptFailed, LibraryMissing) as error:
        print(f"\nsetup: {wanted.name}: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        print(f"\nsetup: {wanted.name}: {error}; run make setup again.", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("prefix", type=Path)
    parser.add_argument("--name", required=True, help="what it is, for people")
    parser.add_argument("--cache", type=Path, required=True, help="where apt keeps lists and archives")
    parser.add_argument("--suite", required=True)
    parser.add_argument("--components", nargs="+", default=["main"])
    parser.add_argument("--package", nargs="+", required=True, help="unpacked whole")
    parser.add_argument("--program", nargs="*", default=[], help="paths in the prefix; * takes all that match")
    parser.add_argument("--module", nargs="*", default=[], help="more such paths, under --modules")
    parser.add_argument("--modules", default="", help="folder of the modules in the library folder")
    parser.add_argument("--also", nargs="*", default=[], help="packages that are loaded by name at run time")
    parser.add_argument("--host-loads", nargs="*", default=[], help="libraries for this machine's own loader")
    parser.add_argument("--only", nargs="+", help="a folder of the packages, and what to keep of what is in it")
    parser.add_argument("--hints", type=Path, help="file with package names, one a line, that helped before")
    return parser.parse_args()


def _make(wanted: argparse.Namespace) -> None:
    triplet = _triplet()
    if wanted.prefix.exists() and _proved(Prefix(wanted.prefix, triplet), wanted):
        print(f"setup: {wanted.name}: the folder that is here already is complete", flush=True)
        return
    building = wanted.prefix.with_name(wanted.prefix.name + ".building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    prefix = Prefix(building, triplet)
    apt = PrivateApt(wanted.cache, wanted.suite, wanted.components)
    apt.open()
    hints = wanted.hints.read_text().split() if wanted.hints else []
    prefix.add(apt, [*wanted.package, *wanted.also])
    prefix.complete(apt, _programs(prefix, wanted), hints)
    _drop_others(prefix.root, wanted.only)
    _prove(prefix, wanted)
    lines = [f"{one.name} {one.version} {one.sha256}\n" for one in prefix.packages()]
    (building / "packages.txt").write_text("".join(lines))
    _swap(building, wanted.prefix)
    size = sum(path.lstat().st_size for path in wanted.prefix.rglob("*") if not path.is_dir()) / 1e6
    print(f"setup: {wanted.name}: {len(lines)} packages, {size:.0f} MB, ready", flush=True)


def _proved(prefix: Prefix, wanted: argparse.Namespace) -> bool:
    try:
        _prove(prefix, wanted)
    except (LibraryMissing, OSError, subprocess.SubprocessError) as error:
        print(f"setup: {wanted.name}: making the folder anew, because {error}", flush=True)
        return False
    return True


def _prove(prefix: Prefix, wanted: argparse.Namespace) -> None:
    prefix.prove(_programs(prefix, wanted))
    if wanted.host_loads:
        load = "import ctypes, sys; [ctypes.CDLL(path, ctypes.RTLD_GLOBAL) for path in sys.argv[1:]]"
        paths = [str(prefix.libraries / name) for name in wanted.host_loads]
        run = subprocess.run(
            [sys.executable, "-c", load, *paths], capture_output=True, text=True, timeout=60, check=False
        )
        if run.returncode != 0:
            raise LibraryMissing(f"this machine cannot load it: {run.stderr.strip().splitlines()[-1]}")
    if wanted.only:
        folder, *names = wanted.only
        lacking = [name for name in names if not (prefix.root / folder / name).exists()]
        if lacking:
            raise LibraryMissing(f"{folder} lacks {', '.join(lacking)}")


def _drop_others(root: Path, only: list[str] | None) -> None:
    if only:
        folder, *names = only
        for path in (root / folder).iterdir():
            if path.name not in names:
                shutil.rmtree(path)


def _programs(prefix: Prefix, wanted: argparse.Namespace) -> list[Path]:
    found: list[Path] = []
    for pattern in wanted.program:
        matching = sorted(prefix.root.glob(pattern))
        found += matching or [prefix.root / pattern]
    return found + [prefix.libraries / wanted.modules / name for name in wanted.module]


def _swap(made: Path, place: Path) -> None:
    """Put the made folder in place in two renames; what stood there goes after them."""
    old = place.with_name(place.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    made.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _triplet() -> str:
    machine = subprocess.run(
        ["dpkg", "--print-architecture"], stdout=subprocess.PIPE, text=True, timeout=10, check=True
    )
    return {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[machine.stdout.strip()]


if __name__ == "__main__":
    sys.exit(main())
