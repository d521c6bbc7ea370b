"""docker-compose.yml and docker/: judged by docker-compose itself, by our settings, and by a real Asterisk."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from voicebot.settings import Settings
from voicebot.telephony.install import find_asterisk
from voicebot.telephony.ports import PortLease

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"


@pytest.fixture(scope="module")
def configuration() -> dict[str, Any]:
    """What docker-compose makes of the file; it refuses unknown keys, services and volumes."""
    own = ROOT / ".local/compose/bin/docker-compose"
    command = [str(own)] if own.exists() else ["docker", "compose"]
    if not own.exists() and shutil.which("docker") is None:
        pytest.fail("docker-compose is not here: make test-tools")
    done = subprocess.run(
        [*command, "-f", str(ROOT / "docker-compose.yml"), "--profile", "demo", "config", "--format", "json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def dockerfiles() -> list[Path]:
    return sorted(DOCKER.glob("*.Dockerfile"))


def test_services_and_volumes(configuration: dict[str, Any]) -> None:
    assert configuration["name"] == "voicebot"
    assert set(configuration["services"]) == {"asterisk", "robot", "demo"}
    used = {volume["source"] for service in configuration["services"].values() for volume in service.get("volumes", [])}
    assert used == set(configuration["volumes"]) == {"secrets", "exchange", "data", "models"}
    assert configuration["services"]["robot"]["depends_on"]["asterisk"]["condition"] == "service_healthy"
    for name in ("asterisk", "robot"):
        assert configuration["services"][name]["healthcheck"]["test"]
    for service in configuration["services"].values():
        assert service["cap_drop"] == ["ALL"]
        assert "ports" not in service, "the host's network is used; nothing is published"


def test_builds_name_files_and_stages_that_exist(configuration: dict[str, Any]) -> None:
    for service in configuration["services"].values():
        build = service["build"]
        dockerfile = Path(build["context"]) / build["dockerfile"]
        stages = re.findall(r"^FROM \S+ AS (\S+)", dockerfile.read_text(), re.MULTILINE)
        assert build.get("target") is None or build["target"] in stages


@pytest.mark.parametrize("dockerfile", dockerfiles(), ids=lambda path: path.stem)
def test_copied_files_exist_and_are_not_ignored(dockerfile: Path) -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile.read_text(), re.MULTILINE)
        for source in line.split()[:-1]
        if not source.startswith("--")
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert Path(source).parts[0] in allowed, f".dockerignore leaves {source} out"


def test_every_robot_setting_is_one_that_the_robot_knows(
    configuration: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings refuse unknown branches; pydantic itself is silent about unknown variables, so names are walked."""
    environment = configuration["services"]["robot"]["environment"]
    inside = re.findall(r"\b(VOICEBOT_[A-Z_]+)=", (DOCKER / "robot.Dockerfile").read_text())
    inside += re.findall(r"\b(VOICEBOT_[A-Z_]+)=", (DOCKER / "robot-entrypoint.sh").read_text())
    names = [name for name in environment if name.startswith("VOICEBOT_")] + inside
    assert {"VOICEBOT_PATHS__DATA", "VOICEBOT_TELEPHONY__ASTERISK__PASSWORD"} <= set(names)
    for name in names:
        branch: Any = Settings
        for part in name.removeprefix("VOICEBOT_").lower().split("__"):
            assert part in branch.model_fields, name
            branch = branch.model_fields[part].annotation
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.telephony.asterisk.kind == "external"
    assert not settings.telephony.live, "a fresh installation rings nobody"


def test_no_secret_stands_in_a_file(configuration: dict[str, Any]) -> None:
    for service in configuration["services"].values():
        for name, value in service.get("environment", {}).items():
            secret = re.search(r"PASSWORD|SECRET|TOKEN|KEY", name)
            assert not secret or value.startswith("/run/"), f"{name} has a value in docker-compose.yml"


class Exchange:
    """The entrypoint of the Asterisk image, with the Asterisk of this machine and all its folders in one place."""

    def __init__(self, folder: Path) -> None:
        install = find_asterisk(ROOT / ".local/asterisk")
        program = folder / "bin/asterisk"
        program.parent.mkdir(parents=True)
        words = " ".join(f"'{word}'" for word in install.command)
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
        self.secret = folder / "secret/ari_password"
        self.secret.parent.mkdir()
        self.conf = folder / "run/conf"
        self._ports = PortLease()
        self.http = self._ports.http
        self.environment = {
            "PATH": f"{program.parent}:{os.environ['PATH']}", "TEMPLATES": str(ROOT / "asterisk_conf"),
            "AUDIO": str(ROOT / "audio"), "MODULES": str(install.modules), "DATA": str(install.data),
            "RUN": str(folder / "run"), "ARI_PASSWORD_FILE": str(self.secret), "HTTP_PORT": str(self.http),
            "SIP_PORT": str(self._ports.sip), "RTP_FIRST": str(self._ports.rtp[0]),
            "RTP_LAST": str(self._ports.rtp[1]),
        }  # fmt: skip
        self.process: subprocess.Popen[str] | None = None

    def start(self, **changes: str) -> subprocess.Popen[str]:
        (self.conf.parent).mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [str(DOCKER / "asterisk-entrypoint.sh")], env={**self.environment, **changes},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        return self.process

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)

    def close(self) -> None:
        self.stop()
        self._ports.close()

    def ping(self, password: str) -> int:
        """HTTP status of ARI; waits up to 15 s for the port."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/ari/asterisk/ping")
        request.add_header("Authorization", "Basic " + b64encode(f"voicebot:{password}".encode()).decode())
        deadline = time.monotonic() + 15
        while True:
            try:
                with urllib.request.urlopen(request, timeout=2) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                if error.code not in (404, 503) or time.monotonic() > deadline:
                    return error.code
            except OSError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)


@pytest.fixture
def exchange(tmp_path: Path) -> Any:
    made = Exchange(tmp_path)
    yield made
    made.close()


def test_entrypoint_starts_a_real_asterisk_with_a_password_of_its_own(exchange: Exchange) -> None:
    exchange.start()
    deadline = time.monotonic() + 10
    while not exchange.secret.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    password = exchange.secret.read_text()
    assert len(password) == 48
    assert exchange.secret.stat().st_mode & 0o077 == 0
    assert exchange.ping(password) == 200
    assert exchange.ping("another") == 401
    assert not re.search(r"@[A-Z][A-Z_]*@", "".join(file.read_text() for file in exchange.conf.iterdir()))
    exchange.stop()
    exchange.start()
    assert exchange.ping(password) == 200
    assert exchange.secret.read_text() == password, "made once, at the first start"


def test_ari_stays_on_loopback_when_sip_does_not(exchange: Exchange) -> None:
    process = exchange.start(SIP_BIND="127.0.0.2", TRUNK="127.0.0.3:5070")
    try:
        assert exchange.ping(exchange.secret.read_text() if exchange.secret.exists() else "x") in (200, 401)
    finally:
        exchange.stop()
    assert process.returncode is not None
    assert "bindaddr = 127.0.0.1" in (exchange.conf / "http.conf").read_text()
    assert "bind = 127.0.0.2:" in (exchange.conf / "pjsip.conf").read_text()
    assert "sip:127.0.0.3:5070" in (exchange.conf / "pjsip.conf").read_text()


def test_value_that_would_change_a_configuration_is_refused(exchange: Exchange) -> None:
    process = exchange.start(TRUNK="127.0.0.1:9\nallow = all")
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "is no address" in said
    assert not exchange.conf.exists()
