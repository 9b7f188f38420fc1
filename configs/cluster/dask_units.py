"""A flow on a Dask cluster: python dask_units.py FLOW.flow --set name=value ..., with its scheduler in DASK_SCHEDULER_ADDRESS."""
import json, os, subprocess, sys
from distributed import Client
plan = json.loads(subprocess.check_output(["hpaflow", "units", *(args := sys.argv[1:]), "--json"]))
client = Client(os.environ["DASK_SCHEDULER_ADDRESS"])
client.gather(client.map(lambda u, args: subprocess.check_call(["hpaflow", "run", *args, "--unit", str(u)]), plan["missing"], args=args, retries=3))
sys.exit(subprocess.call(["hpaflow", "finish", *args]))
