#!/bin/sh
# Prints constraints.txt anew: the newest versions that pyproject.toml's ranges allow, resolved in a fresh environment.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$1" -m venv "$place/venv"
pip="$place/venv/bin/python -m pip --disable-pip-version-check"
$pip install --quiet --upgrade pip >&2
$pip install --quiet --editable . --group dev --group browser hatchling >&2
echo "# The exact versions that the Makefile installs; pyproject.toml has the ranges."
echo "# Made anew with: make constraints"
$pip freeze --all --exclude-editable | grep -v '^setuptools==' | sort -f
