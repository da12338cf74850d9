#!/bin/sh
# Installs Talkies into a virtual environment: what both images run, and what a test runs as it is.
#
# install.sh SOURCE TARGET [PYTHON]
#   SOURCE  a checkout; TARGET  the environment to make; PYTHON  what makes it (python3)
set -eu

source=$1
target=$2
python=${3:-python3}

"$python" -m venv "$target"
# uv stays: `talkies engines install` makes the engines' environments with it.
"$target/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check uv==0.13.9
export VIRTUAL_ENV="$target"
"$target/bin/uv" pip install --quiet --compile-bytecode --require-hashes \
  -r "$source/requirements/image.lock"
"$target/bin/uv" pip install --quiet --compile-bytecode --no-deps "$source"
"$target/bin/talkies" --version
