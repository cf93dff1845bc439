"""What this service is called and where it listens; the environment says the rest (`EdgeSettings`)."""

from __future__ import annotations

from typing import Final

NAME: Final = "scheduler"
PORT: Final = 8101
"""`PAMWAL_PORT` wins."""
