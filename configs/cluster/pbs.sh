#!/usr/bin/env bash
# Do a flow on PBS Professional or OpenPBS: an array job, a task a unit, and then
# finish.
#
#   configs/cluster/pbs.sh FLOW.flow [--set name=value]...
#
# The same command again does what is missing: a unit that is done ends at once.
# Options of qsub go into QSUB_OPTIONS. PBS has no array of one task, so there are
# two at least: one past the last unit does nothing.
set -euo pipefail

hpaflow=${HPAFLOW:-hpaflow}
# shellcheck disable=SC2206
options=(${QSUB_OPTIONS:-})
flow=$(printf '%q ' "$@")
name=$(basename "$1" .flow)

units=$("$hpaflow" units "$@" --json | sed -E 's/.*"units":([0-9]+).*/\1/')
last=$((units > 1 ? units - 1 : 1))
job=$(qsub -N "$name" -r y -J "0-$last" "${options[@]}" <<JOB
cd "\$PBS_O_WORKDIR"
exec $hpaflow run $flow --unit auto --progress plain
JOB
)
qsub -N "$name-finish" -W "depend=afterany:$job" "${options[@]}" <<JOB
cd "\$PBS_O_WORKDIR"
exec $hpaflow finish $flow
JOB
