"""What reporting adds to the settings of an edge."""

from __future__ import annotations

from typing import Final

NAME: Final = "reporting"
PORT: Final = 8103
"""Where it listens unless PAMWAL_PORT says otherwise."""
LOOK_S: Final = 1.0
"""How often a followed board is looked at although no fact arrived: absence comes from the clock alone."""
PULSE_S: Final = 5.0
"""How often a followed board says at least that it is alive and what time it is."""
