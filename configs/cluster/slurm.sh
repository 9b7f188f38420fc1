#!/usr/bin/env bash
# Do a flow on Slurm: an array job, a task a unit, and then finish.
#
#   configs/cluster/slurm.sh FLOW.flow [--set name=value]...
#
# The same command again submits what is missing, and finishes when nothing is.
# The folders of the flow are on a file system that all nodes see. Options of
# sbatch, such as --partition, go into SBATCH_OPTIONS; AT_ONCE is how many tasks
# run at once (50).
set -euo pipefail

hpaflow=${HPAFLOW:-hpaflow}
# shellcheck disable=SC2206 # words of their own
options=(${SBATCH_OPTIONS:-})
flow=$(printf '%q ' "$@")
name=$(basename "$1" .flow)

array=$("$hpaflow" units "$@" --slurm) # this lists the inputs and writes the plan
if [ -z "$array" ]; then
	exec "$hpaflow" finish "$@"
fi

# A site allows task ids up to MaxArraySize - 1. Where there are more units, as
# many tasks share them.
most=$(scontrol show config | awk '$1 == "MaxArraySize" { print $3 }')
last=${array##*[-,=]}
unit=auto
if [ "$last" -ge "$most" ]; then
	array=--array=0-$((most - 1))
	unit="\$SLURM_ARRAY_TASK_ID/$most"
fi

# afterany, not afterok: after a task that failed, afterok would wait for ever,
# and finish names what is missing.
job=$(sbatch --parsable --job-name="$name" --requeue "${options[@]}" "$array%${AT_ONCE:-50}" \
	--wrap "exec $hpaflow run $flow --unit $unit --progress plain")
finish=$(sbatch --parsable --job-name="$name-finish" --dependency="afterany:$job" "${options[@]}" \
	--wrap "exec $hpaflow finish $flow")
echo "submitted $job with $array, and $finish to finish"
