"""Who is left uncalled for comparison: by a keyed hash, so that it is the same tomorrow and nobody can choose."""

from __future__ import annotations

import hmac
from hashlib import sha256


def held_out(key: bytes, campaign_id: str, patient_id: str, share: float) -> bool:
    """Whether this patient belongs to the hold-out group of this campaign. share: from 0 (nobody) to 1 (all).

    A greater share keeps those who were held out at a smaller one.
    """
    if share <= 0:
        return False
    digest = hmac.new(key, f"{campaign_id}\x1f{patient_id}".encode(), sha256).digest()
    return int.from_bytes(digest[:8]) / 2**64 < share
