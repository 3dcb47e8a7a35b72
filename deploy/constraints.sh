#!/bin/sh
# Prints a constraints.txt anew: the newest versions that pyproject.toml's ranges allow, resolved in a fresh environment.
# constraints.sh PYTHON what pip is to install …
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python=$1
shift
"$python" -m venv "$place/venv"
pip="$place/venv/bin/python -m pip --disable-pip-version-check"
$pip install --quiet --upgrade pip >&2
$pip install --quiet "$@" >&2
echo "# The exact versions that the Makefile installs; pyproject.toml has the ranges."
echo "# Made anew with: make constraints"
$pip freeze --all --exclude-editable | grep -v '^setuptools==' | sort -f
