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

# This lists the inputs and writes the plan. Steps of a file of steps, and trials of
# a search, come in levels, a line each: a level waits for the one before.
arrays=$("$hpaflow" units "$@" --slurm)
if [ -z "$arrays" ]; then
	exec "$hpaflow" finish "$@"
fi
mapfile -t levels <<<"$arrays"

# A site allows task ids up to MaxArraySize - 1. Where there are more units, as
# many tasks share them, those of all levels: each task takes what is ready.
most=$(scontrol show config | awk '$1 == "MaxArraySize" { print $3 }')
before=()
jobs=()
for array in "${levels[@]}"; do
	unit=auto
	last=${array##*[-,=]}
	if [ "$last" -ge "$most" ]; then
		array=--array=0-$((most - 1))
		unit="\$SLURM_ARRAY_TASK_ID/$most"
	fi
	# afterany, not afterok: after a task that failed, afterok would wait for ever,
	# and finish names what is missing. A unit whose forerunner failed ends with 75.
	job=$(sbatch --parsable --job-name="$name" --requeue "${before[@]}" "${options[@]}" "$array%${AT_ONCE:-50}" \
		--wrap "exec $hpaflow run $flow --unit $unit --progress plain")
	before=(--dependency="afterany:$job")
	jobs+=("$job")
done
finish=$(sbatch --parsable --job-name="$name-finish" "${before[@]}" "${options[@]}" \
	--wrap "exec $hpaflow finish $flow")
echo "submitted ${jobs[*]} with ${levels[*]}, and $finish to finish"
