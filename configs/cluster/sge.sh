#!/usr/bin/env bash
# Do a flow on Grid Engine: an array job, a task a unit, and then finish.
#
#   configs/cluster/sge.sh FLOW.flow [--set name=value]...
#
# Task ids begin at 1 there: task 1 does unit 0. The same command again does what
# is missing. Options of qsub go into QSUB_OPTIONS; AT_ONCE is how many tasks run
# at once (50).
set -euo pipefail

hpaflow=${HPAFLOW:-hpaflow}
# shellcheck disable=SC2206
options=(${QSUB_OPTIONS:-})
flow=$(printf '%q ' "$@")
name=$(basename "$1" .flow)

units=$("$hpaflow" units "$@" --json | sed -E 's/.*"units":([0-9]+).*/\1/')
job=$(qsub -terse -N "$name" -cwd -V -r y -t "1-$units" -tc "${AT_ONCE:-50}" "${options[@]}" -b y \
	bash -c "exec $hpaflow run $flow --unit auto --progress plain")
qsub -N "$name-finish" -cwd -V -hold_jid "${job%%.*}" "${options[@]}" -b y bash -c "exec $hpaflow finish $flow"
