"""What this service is called and where it listens; the environment says the rest (`EdgeSettings`)."""

from __future__ import annotations

from typing import Final

NAME: Final = "checkin"
PORT: Final = 8102
"""`PAMWAL_PORT` wins."""
