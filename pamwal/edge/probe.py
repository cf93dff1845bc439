"""`python -m pamwal.edge.probe URL`: exit code 0 if a service answers its readiness with 200, else 1 and why.

For health checks in images that have no curl; imports nothing but the standard library, since it runs every
few seconds beside the service.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def main(arguments: list[str]) -> int:
    """Asks once, waiting at most 2 s. Prints what was not ready."""
    if len(arguments) != 1 or not arguments[0].startswith(("http://", "https://")):
        print("usage: python -m pamwal.edge.probe http://127.0.0.1:8101/readyz", file=sys.stderr)  # noqa: T201
        return 2
    try:
        with urllib.request.urlopen(arguments[0], timeout=2):  # noqa: S310 - http or https, checked above
            return 0
    except urllib.error.HTTPError as error:
        print(error.read(2000).decode(errors="replace"), file=sys.stderr)  # noqa: T201
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
