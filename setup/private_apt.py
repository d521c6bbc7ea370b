"""Debian packages by the machine's own apt and mirror, in a folder of ours: signatures checked, nothing installed.

apt runs with a private state, so it neither sees nor changes what is installed on the machine.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_INDEX_GOOD_FOR_S = 6 * 3600
_WORTH_A_BAR_BYTES = 5_000_000
#: Of Debian itself, not of third parties that also name their suite after a Debian release.
_RELEASES = {"oldstable", "stable", "testing", "unstable", "sid", "bookworm", "trixie", "forky"}

#: The last line wins over the machine's apt.conf.d, because the file is given by -c.
_CONFIGURATION = """\
Dir::State "{root}/state"; Dir::State::status "{root}/status"; Dir::Cache "{root}";
Dir::Cache::archives "{root}/archives"; Dir::Cache::pkgcache "pkgcache.bin"; Dir::Cache::srcpkgcache "";
Dir::Etc::SourceList "{root}/sources.list"; Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";
Acquire::Check-Valid-Until "false"; Acquire::Languages "none"; Acquire::Retries "3"; Acquire::http::Timeout "60";
Acquire::https::Timeout "60"; Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"; APT::Sandbox::User ""; Debug::NoLocking "true";
#clear APT::Update::Pre-Invoke; #clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke; #clear DPkg::Pre-Install-Pkgs; #clear DPkg::Pre-Invoke;
"""


class AptFailed(Exception):
    """apt could not do it; the message is one sentence for a person."""


@dataclass(frozen=True)
class Package:
    """One package of the suite, as its index describes it."""

    name: str
    version: str
    architecture: str
    bytes: int
    sha256: str
    depends: tuple[str, ...]  # names only, alternatives as names of their own

    @property
    def file(self) -> str:
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.architecture}.deb"


class PrivateApt:
    """apt on some components of one suite, with its lists and archives under `cache`."""

    def __init__(self, cache: Path, suite: str, components: list[str]) -> None:
        self._root = cache / "-".join(["apt", suite, *components])
        self._suite, self._components = suite, " ".join(components)
        self._known: dict[str, Package | None] = {}

    def open(self) -> None:
        """Make the private state and read the suite's index, unless the one here is younger than six hours."""
        for folder in ("state/lists/partial", "archives/partial"):
            (self._root / folder).mkdir(parents=True, exist_ok=True)
        (self._root / "status").touch()
        (self._root / "apt.conf").write_text(_CONFIGURATION.format(root=self._root))
        stamp = self._root / "updated"
        if stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < _INDEX_GOOD_FOR_S:
            return
        mirrors = _mirrors()
        signed = f"[signed-by={_KEYRING}] " if _KEYRING.exists() else ""
        print(f"setup: the list of packages of Debian {self._suite} ({self._components})", flush=True)
        for mirror in mirrors:
            sources = f"deb {signed}{mirror} {self._suite} {self._components}\n"
            (self._root / "sources.list").write_text(sources)
            if self._apt("apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update").returncode == 0:
                stamp.touch()
                return
        raise AptFailed(
            f"apt could not read {self._suite} from the Debian mirror of this machine; its message stands above."
        )

    def package(self, name: str) -> Package | None:
        """The newest version in the suite; None when the suite has no real package of this name."""
        if name not in self._known:
            shown = self._apt("apt-cache", "show", "--no-all-versions", name, quiet=True).stdout
            fields = dict(
                line.split(": ", 1) for line in shown.split("\n\n")[0].splitlines() if ": " in line and line[0] != " "
            )
            self._known[name] = _described(fields) if fields.get("Package") == name else None
        return self._known[name]

    def fetch(self, packages: list[Package]) -> list[Path]:
        """The .deb files, in the order asked for; what is here already and intact is not fetched again."""
        archives = self._root / "archives"
        wanted = [one for one in packages if not _intact(archives / one.file, one)]
        if wanted:
            megabytes = sum(one.bytes for one in wanted) / 1e6
            names = ", ".join(one.name for one in wanted)
            print(f"setup: {names} ({megabytes:.1f} MB)", flush=True)
            self._download(wanted, archives)
        for one in packages:
            if not _intact(archives / one.file, one):
                (archives / one.file).unlink(missing_ok=True)
                raise AptFailed(f"the package {one.name} {one.version} did not arrive whole; run make setup again.")
        return [archives / one.file for one in packages]

    def _download(self, wanted: list[Package], archives: Path) -> None:
        names = [f"{one.name}={one.version}" for one in wanted]
        silence = "-qq" if sum(one.bytes for one in wanted) < _WORTH_A_BAR_BYTES else "-q"
        if self._apt("apt-get", silence, "download", *names, folder=archives).returncode != 0:
            (self._root / "updated").unlink(missing_ok=True)  # the index may be older than the mirror
            raise AptFailed("apt could not download the packages; its message stands above. Run make setup again.")

    def _apt(
        self, program: str, *arguments: str, quiet: bool = False, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [program, "-c", str(self._root / "apt.conf"), *arguments]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        pipe = subprocess.PIPE if quiet else None
        silent = subprocess.DEVNULL if quiet else None
        try:
            return subprocess.run(
                command, stdout=pipe, stderr=silent, text=True, env=environment, cwd=folder, timeout=1800, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise AptFailed(f"{program} took over 30 min and was stopped; run make setup again.") from error
        except FileNotFoundError as error:
            raise AptFailed(f"{program} is not here; elsewhere than on Debian use docker compose up.") from error


def _mirrors() -> list[str]:
    """Where this machine gets Debian from, by its own apt configuration; $MIRROR goes before."""
    if os.environ.get("MIRROR"):
        return [os.environ["MIRROR"]]
    found: list[str] = []
    for extra in ([], ["--no-release-info"]):  # the second reads the sources alone: apt-get update was never run here
        form = "$(REPO_URI)|$(ORIGIN)|$(RELEASE)|$(COMPONENT)"
        listed = subprocess.run(
            ["apt-get", *extra, "indextargets", "--format", form, "Created-By: Packages"],
            stdout=subprocess.PIPE, text=True, timeout=60, check=False,
        ).stdout  # fmt: skip
        for line in listed.splitlines():
            uri, origin, release, component = line.split("|")
            ours = origin == "Debian" or (bool(extra) and _is_debian())
            if ours and release in _RELEASES and component == "main" and uri not in found:
                found.append(uri)
    if not found:
        raise AptFailed("apt on this machine knows no Debian mirror; elsewhere than on Debian use docker compose up.")
    return found


def _is_debian() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()


def _described(fields: dict[str, str]) -> Package:
    depends = ", ".join(fields[key] for key in ("Pre-Depends", "Depends") if key in fields)
    names = [part.split("(")[0].split(":")[0].strip() for group in depends.split(",") for part in group.split("|")]
    return Package(
        name=fields["Package"],
        version=fields["Version"],
        architecture=fields["Architecture"],
        bytes=int(fields["Size"]),
        sha256=fields["SHA256"],
        depends=tuple(dict.fromkeys(name for name in names if name)),
    )


def _intact(path: Path, package: Package) -> bool:
    if not path.exists() or path.stat().st_size != package.bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == package.sha256
