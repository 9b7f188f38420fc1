#!/usr/bin/env bash
# Sets up the Python that the scripts beside this file run in, with the peers
# of requirements.txt, and prints where it is.
#
#   bench/venv.sh [DIR]
#
# The scripts find it in the default DIR, ~/.cache/hpaflow-bench; one that is
# elsewhere runs them as DIR/bin/python bench/rgby.py. Where all is there
# already, nothing is done.
set -euo pipefail
wanted=$(cd "$(dirname "$0")" && pwd)/requirements.txt
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/hpaflow-bench}
done=$dir/requirements.txt

if ! cmp -s "$wanted" "$done"; then
	python3 -m venv "$dir"
	"$dir/bin/python" -m pip install --disable-pip-version-check -r "$wanted" >&2
	cp "$wanted" "$done" # last, since it says that all of it is there
fi
echo "$dir/bin/python"
