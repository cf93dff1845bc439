"""At which port of this machine people expect a service."""

from __future__ import annotations

from typing import Final

DEFAULT: Final = {"scheduler": 8101, "checkin": 8102, "reporting": 8103}
