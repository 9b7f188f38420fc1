"""Where the scripts of this folder find the peers: in the Python that venv.sh sets up."""
import importlib.util
import os
import sys

CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
PYTHON = os.path.join(CACHE, "hpaflow-bench", "bin", "python")


def enter(*packages):
    """Runs the script anew in that Python, unless a virtual environment runs it already."""
    if sys.prefix == sys.base_prefix and os.path.exists(PYTHON):
        os.execv(PYTHON, [PYTHON, *sys.argv])
    missing = [p for p in packages if importlib.util.find_spec(p) is None]
    if missing:
        sys.exit(f"the peers are not here: Python has no {', '.join(missing)}; run bench/venv.sh, then this again")
