#!/bin/sh
# Prints the name of a Python 3.11 or newer that can make virtual environments.
# Plain POSIX sh: a check written in Python could not tell that Python is missing.
for candidate in python3.13 python3.12 python3.11 python3 python; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    fi
done

cat >&2 <<'SENTENCE'
pamwal: no Python 3.11 or newer with the venv module was found on PATH. Install one:
  Debian 12+, Ubuntu 24.04+   sudo apt-get install python3 python3-venv
  Fedora                      sudo dnf install python3
  macOS                       brew install python@3.12
  Windows                     inside WSL2 (wsl --install), then as on Debian
SENTENCE
exit 1
