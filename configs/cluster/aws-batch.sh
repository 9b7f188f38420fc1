#!/usr/bin/env bash
# Do a flow on AWS Batch: an array job, a child a unit, and then finish.
#
#   QUEUE=queue DEFINITION=hpaflow configs/cluster/aws-batch.sh UNITS FLOW.flow [--set name=value]...
#
# UNITS is what `hpaflow units FLOW.flow --json` says. DEFINITION is a job
# definition with the image of the Containerfile here and a file system that all
# jobs see (EFS or FSx), mounted at /data. An array has 2 to 10,000 children; of
# more units, take larger ones. The same command again does what is missing.
set -euo pipefail

units=${1:?units}
shift
words() { printf '"%s",' "$@" | sed 's/,$//'; }
size=$((units < 2 ? 2 : units > 10000 ? 10000 : units))
if [ "$units" -gt "$size" ]; then
	echo "more units than an array has children: take a larger --set unit=" >&2
	exit 2
fi
job=$(aws batch submit-job --job-name hpaflow-units --job-queue "$QUEUE" --job-definition "$DEFINITION" \
	--array-properties "size=$size" --retry-strategy attempts=3 --query jobId --output text \
	--container-overrides "{\"command\":[$(words run "$@" --unit auto --progress plain)]}")
# Batch runs a job that depends on another only if that has succeeded: a unit that
# failed three times is to be looked at first.
aws batch submit-job --job-name hpaflow-finish --job-queue "$QUEUE" --job-definition "$DEFINITION" --depends-on "jobId=$job" \
	--container-overrides "{\"command\":[$(words finish "$@")]}"
