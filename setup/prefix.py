"""A folder of unpacked Debian packages that is complete in itself: every library of its programs lies inside it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import deque
from difflib import SequenceMatcher
from pathlib import Path

from elf import needed
from private_apt import AptFailed, Package, PrivateApt

_NOT_NEEDED = ("doc", "man", "locale", "lintian", "bash-completion", "info", "bug", "doc-base")


class LibraryMissing(Exception):
    """A library is not in the prefix, and no package of the suite gave it; the message names it."""


class Prefix:
    """The libraries of the folder `root`, and how to add what they lack.

    triplet: Debian's name of the processor's library folder, such as x86_64-linux-gnu
    """

    def __init__(self, root: Path, triplet: str) -> None:
        self.root = root.resolve()
        self.libraries = self.root / "usr/lib" / triplet
        self._owners: dict[Path, Package] = {}
        self._added: dict[str, Package] = {}

    def add(self, apt: PrivateApt, names: list[str]) -> None:
        """Fetch and unpack packages by name. Raises AptFailed when the suite lacks one."""
        packages = []
        for name in names:
            package = apt.package(name)
            if package is None:
                raise AptFailed(f"the suite has no package {name}; it may have been renamed: see setup/fetch_*.sh.")
            packages.append(package)
        for package, archive in zip(packages, apt.fetch(packages), strict=True):
            self._unpack(package, archive)

    def complete(self, apt: PrivateApt, programs: list[Path], hints: list[str]) -> None:
        """Add the packages of all libraries that the programs, and those libraries, ask for.

        hints: packages that held such libraries before; tried first, and last again if dependencies name none
        Raises LibraryMissing.
        """
        waiting, seen = deque(programs), set(programs)
        while waiting:
            path = waiting.popleft()
            for name in needed(path):
                library = self.libraries / name
                if not library.exists():
                    self._find(apt, name, path, hints)
                if library not in seen:
                    seen.add(library)
                    waiting.append(library)

    def prove(self, programs: list[Path]) -> None:
        """Ask the prefix's own loader: the host's libraries, which it would silently take, do not count.

        Raises LibraryMissing with every name that is not found inside.
        """
        if not programs:
            return
        loader = self.loader()
        outside: set[str] = set()
        for path in programs:
            if not path.exists():
                raise LibraryMissing(f"{path.relative_to(self.root)} is not in the packages")
            command = [str(loader), "--library-path", str(self.libraries), "--list", str(path)]
            listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            for line in (listed.stdout + listed.stderr).splitlines():
                asks = re.search(r"=>|not found|error", line)
                if asks and f"=> {self.libraries}/" not in line:
                    outside.add(line.strip())
        if outside:
            raise LibraryMissing("libraries do not come from the folder: " + "; ".join(sorted(outside)))

    def loader(self) -> Path:
        """The dynamic loader of the prefix. Raises LibraryMissing when libc6 is not unpacked in it."""
        found = next(self.libraries.glob("ld-linux*.so*"), None)
        if found is None:
            raise LibraryMissing(f"{self.libraries} has no dynamic loader (libc6)")
        return found

    def packages(self) -> list[Package]:
        return sorted(self._added.values(), key=lambda one: one.name)

    def _find(self, apt: PrivateApt, library: str, user: Path, hints: list[str]) -> None:
        owner = self._owners.get(user)
        depends = [name for name in (owner.depends if owner else ()) if name not in self._added]
        depends.sort(key=lambda name: (_bare(name) != _bare(library), name not in hints, -_likeness(name, library)))
        for name in [*depends, *(hint for hint in hints if hint not in self._added and hint not in depends)]:
            package = apt.package(name)
            if package is None:
                continue
            (archive,) = apt.fetch([package])
            if f"/{library}" in _names(archive):
                self._unpack(package, archive)
                return
        asker = f"{user.name}, of the package {owner.name}" if owner else user.name
        raise LibraryMissing(f"{library} is asked for by {asker}, and no package that it depends on has it")

    def _unpack(self, package: Package, archive: Path) -> None:
        part = self.root.with_name(self.root.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        subprocess.run(["dpkg-deb", "-x", str(archive), str(part)], check=True, timeout=300)
        for folder in _NOT_NEEDED:
            shutil.rmtree(part / "usr/share" / folder, ignore_errors=True)
        for top in ("lib", "lib64", "bin", "sbin"):  # packages from before Debian merged /lib into /usr/lib
            if (part / top).is_dir() and not (part / top).is_symlink():
                self._merge(part / top, self.root / "usr" / top, package)
                shutil.rmtree(part / top)
        self._merge(part, self.root, package)
        shutil.rmtree(part)
        self._added[package.name] = package

    def _merge(self, source: Path, target: Path, package: Package) -> None:
        for path in sorted(source.rglob("*")):
            place = target / path.relative_to(source)
            if path.is_dir() and not path.is_symlink():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            path.rename(place)
            self._owners[place] = package


def _names(archive: Path) -> str:
    listed = subprocess.run(["dpkg-deb", "-c", str(archive)], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    return "\n".join(line.split(" -> ")[0] for line in listed.stdout.splitlines()) + "\n"


def _bare(name: str) -> str:
    """libxml2-16 and libxml2.so.16 -> libxml216: Debian names a library's package after it."""
    return re.sub(r"t64$", "", re.sub(r"\.so|[._-]", "", name.lower()))


def _likeness(package: str, library: str) -> float:
    return SequenceMatcher(None, _bare(package), _bare(library)).ratio()
