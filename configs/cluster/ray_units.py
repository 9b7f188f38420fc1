"""A flow on a Ray cluster: python ray_units.py FLOW.flow --set name=value ..."""
import json, subprocess, sys
import ray
plan = json.loads(subprocess.check_output(["hpaflow", "units", *sys.argv[1:], "--json"]))
unit = ray.remote(max_retries=3, retry_exceptions=True)(lambda u: subprocess.check_call(["hpaflow", "run", *sys.argv[1:], "--unit", str(u)]))
ray.get([unit.remote(u) for u in plan["missing"]])
sys.exit(subprocess.call(["hpaflow", "finish", *sys.argv[1:]]))
