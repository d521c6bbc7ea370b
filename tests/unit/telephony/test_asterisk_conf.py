"""Templates, ports and the choice of an Asterisk: everything before the process starts."""

from __future__ import annotations

import re
import socket
import stat
from pathlib import Path

import pytest

from voicebot.telephony.conf import TemplateFault, UnsafeValue, render, render_folder, shipped
from voicebot.telephony.install import AsteriskMissing, AsteriskTooOld, find_asterisk, parse_version
from voicebot.telephony.ports import PortLease

VALUES = {
    name: name.lower()
    for name in (
        *("CONF", "RUN", "MODULES", "DATA", "HOLD", "BIND", "HTTP_PORT", "SIP_PORT", "RTP_FIRST", "RTP_LAST"),
        *("PEER_SIP", "PEER_HOST", "ARI_USER", "ARI_PASSWORD", "APP", "MAX_CALL_S"),
    )
}


def test_a_placeholder_without_value_is_named() -> None:
    with pytest.raises(TemplateFault, match=r"x\.conf.*@NOBODY@"):
        render("a = @NOBODY@", {}, "x.conf")


@pytest.mark.parametrize("value", ["a;b", "a\nb = c", "a\r"])
def test_a_value_cannot_change_the_file(value: str) -> None:
    with pytest.raises(UnsafeValue):
        render("a = @A@", {"A": value}, "x.conf")


def test_other_at_signs_stay() -> None:
    assert render("PJSIP/7@trunk @lower@", {}, "x.conf") == "PJSIP/7@trunk @lower@"


@pytest.mark.parametrize("kind", ["clinic", "city"])
def test_the_shipped_templates_render_completely_and_only_for_the_owner(tmp_path: Path, kind: str) -> None:
    render_folder(shipped("asterisk_conf"), kind, tmp_path, VALUES)
    files = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert {"asterisk.conf", "ari.conf", "http.conf", "modules.conf", "pjsip.conf", "extensions.conf"} <= set(files)
    assert not [name for name, text in files.items() if re.search(r"@[A-Z_]+@", text)]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())


def test_the_traps_of_the_configuration_stay_closed() -> None:
    common = shipped("asterisk_conf") / "common"
    modules = (common / "modules.conf").read_text(encoding="utf-8")
    loaded = set(re.findall(r"^load = (\S+?)\.so", modules, re.M))
    # without these Asterisk exits, chan_pjsip declines to load, bridge music is a 500
    assert {"res_sorcery_config", "res_pjsip_pubsub", "chan_bridge_media", "chan_websocket", "func_timeout"} <= loaded
    assert "bridge_native_rtp" not in loaded, "after a transfer one side does not hear the other"
    assert "[directories]\n" in (common / "asterisk.conf").read_text(encoding="utf-8")
    assert "websocket_write_timeout = 500" in (common / "ari.conf").read_text(encoding="utf-8")
    assert "sessionlimit = 1000" in (common / "http.conf").read_text(encoding="utf-8")
    for kind in ("clinic", "city"):
        assert "TIMEOUT(absolute)" in (common.parent / kind / "extensions.conf").read_text(encoding="utf-8")
        assert "direct_media = no" in (common.parent / kind / "pjsip.conf").read_text(encoding="utf-8")


def test_nothing_listens_beyond_loopback_and_no_number_is_a_real_one() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in shipped("asterisk_conf").rglob("*.conf"))
    assert "0.0.0.0" not in text
    assert not re.search(r"\+?[78](?!888)\d{10}", text)


def test_leases_never_overlap_and_are_given_back() -> None:
    with PortLease() as one, PortLease() as two:
        taken = [{lease.http, lease.sip, *range(lease.rtp[0], lease.rtp[1] + 1)} for lease in (one, two)]
        assert not taken[0] & taken[1]
        assert len(taken[0]) > 900
        first = one.http
    with PortLease() as again:
        assert again.http <= first


def test_a_block_with_an_occupied_port_is_passed_over() -> None:
    with PortLease() as free:
        wanted = free.sip
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as squatter:
        squatter.bind(("127.0.0.1", wanted))
        with PortLease() as lease:
            assert lease.sip != wanted


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", (22, 10, 1)),
        ("Asterisk 22.6.0", (22, 6, 0)),
        ("Asterisk certified/20.7-cert5", (20, 7)),
        ("Asterisk GIT-master-1234M", ()),
        ("", ()),
    ],
)
def test_a_version(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


def fake_asterisk(root: Path, says: str) -> str:
    """An asterisk on PATH that only tells its version, with the folders that a real one has."""
    for folder in ("sbin", "lib/asterisk/modules", "share/asterisk/documentation"):
        (root / folder).mkdir(parents=True)
    (root / "lib/asterisk/modules/chan_websocket.so").touch()
    binary = root / "sbin/asterisk"
    binary.write_text(f"#!/bin/sh\necho '{says}'\n")
    binary.chmod(0o755)
    return str(root / "sbin")


def test_an_asterisk_on_path_that_suits_is_used(tmp_path: Path) -> None:
    path = fake_asterisk(tmp_path, "Asterisk 22.6.0")
    found = find_asterisk(tmp_path / "no-prefix", path)
    assert (found.version, found.command) == ("22.6.0", (f"{path}/asterisk",))
    assert found.modules == tmp_path / "lib/asterisk/modules"


def test_an_old_one_on_path_is_refused_by_its_version(tmp_path: Path) -> None:
    path = fake_asterisk(tmp_path, "Asterisk 20.9.3")
    with pytest.raises(AsteriskTooOld, match=r"20\.9\.3.*22\.6"):
        find_asterisk(tmp_path / "no-prefix", path)


def test_an_old_one_without_our_module_is_too_old_and_not_missing(tmp_path: Path) -> None:
    path = fake_asterisk(tmp_path, "Asterisk 20.9.3")
    (tmp_path / "lib/asterisk/modules/chan_websocket.so").unlink()
    with pytest.raises(AsteriskTooOld, match=r"20\.9\.3.*22\.6"):
        find_asterisk(tmp_path / "no-prefix", path)
    (Path(path) / "asterisk").write_text("#!/bin/sh\necho 'Asterisk 22.6.0'\n")
    with pytest.raises(AsteriskMissing, match=r"нет модуля chan_websocket\.so"):
        find_asterisk(tmp_path / "no-prefix", path)


def test_one_that_does_not_run_is_said_to(tmp_path: Path) -> None:
    path = fake_asterisk(tmp_path, "error while loading shared libraries: libssl.so.3")
    with pytest.raises(AsteriskMissing, match=r"libssl\.so\.3"):
        find_asterisk(tmp_path / "no-prefix", path)


def test_no_asterisk_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AsteriskMissing) as raised:
        find_asterisk(tmp_path, "")
    assert "make setup" in raised.value.remedy
