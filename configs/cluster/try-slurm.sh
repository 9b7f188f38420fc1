#!/usr/bin/env bash
# Try units on a real Slurm: two virtual nodes on this machine, for a few minutes.
#
#   configs/cluster/try-slurm.sh [ROUNDS]
#
# It builds the program, brings up munge, slurmctld and two slurmd as an ordinary
# process each, and compares what slurm.sh makes with what one process makes: an
# array of which two tasks run at once; a file of steps, whose levels wait for one
# another; then, in each round, an array of which a
# task is requeued and one is killed, and what is missing submitted again. Where
# Debian's slurm-wlm is not installed and cannot be, it says so and ends with 0.
set -euo pipefail

rounds=${1:-1}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export PATH=$PATH:/usr/sbin

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
	if [ "$(id -u)" != 0 ] || ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq slurm-wlm munge; } >/dev/null 2>&1; then
		echo "skipped: there is no Slurm here (apt-get install slurm-wlm munge)"
		exit 0
	fi
fi

dir=$(mktemp -d) && chmod 755 "$dir" # munged wants a socket that all can reach
daemons=()
stop() {
	scancel -u "$(id -un)" 2>/dev/null || true
	sleep 1
	for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap stop EXIT

# --- a cluster of two nodes ---------------------------------------------------
mkdir -p "$dir"/{state,log,n1,n2} && mkdir -m 700 "$dir/munge"
cat >"$dir/slurm.conf" <<CONF
ClusterName=try
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=17817
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge.sock
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/%n.pid
SlurmctldLogFile=$dir/log/slurmctld
SlurmdLogFile=$dir/log/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=100000
MailProg=/bin/true
ReturnToService=2
KillWait=2
MaxArraySize=1001
NodeName=n[1-2] NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=[17901-17902] CPUs=4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$dir/slurm.conf
dd if=/dev/urandom of="$dir/munge/key" bs=1024 count=1 status=none && chmod 400 "$dir/munge/key"
munged -F -S "$dir/munge.sock" --key-file="$dir/munge/key" --log-file="$dir/log/munged" --pid-file="$dir/munged.pid" --seed-file="$dir/munge/seed" >"$dir/log/munged.out" 2>&1 &
daemons+=($!)
for _ in $(seq 100); do [ -S "$dir/munge.sock" ] && break; sleep .05; done
slurmctld -D -f "$SLURM_CONF" >"$dir/log/slurmctld.out" 2>&1 &
daemons=($! "${daemons[@]}")
for node in n1 n2; do
	slurmd -D -f "$SLURM_CONF" -N $node >"$dir/log/$node.out" 2>&1 &
	daemons=($! "${daemons[@]}")
done
for _ in $(seq 200); do sinfo -h -o '%T %D' 2>/dev/null | grep -q 'idle 2' && break; sleep .1; done
if ! sinfo -h -o '%T %D' | grep -q 'idle 2'; then
	echo "the nodes did not come up:" >&2
	tail -n 5 "$dir"/log/* >&2
	exit 1
fi

# --- what is to be done -------------------------------------------------------
(cd "$root" && go build -o "$dir/hpaflow" ./cmd/hpaflow)
export HPAFLOW=$dir/hpaflow AT_ONCE=2 GOMAXPROCS=1
mkdir "$dir/in"
ids=(1_A1_1 1_A1_2 1_B3_1 1_B3_2 1_C2_1 1_C2_2)
for n in $(seq 0 1199); do
	for colour in red green blue yellow; do
		ln "$root/configs/example/${ids[n % 6]}_$colour.png" "$dir/in/9_$(printf %04d "$n")_$colour.png" 2>/dev/null ||
			cp "$root/configs/example/${ids[n % 6]}_$colour.png" "$dir/in/9_$(printf %04d "$n")_$colour.png"
	done
done
rm "$dir/in/9_0007_red.png" && echo bad >"$dir/in/9_0007_red.png"
cd "$dir"

flow_of() { # OUT: the words of the flow
	flow=("$root/configs/rgby-shards.flow" --set "input=$dir/in" --set "output=$dir/$1" --set unit=150)
}
digest() { (cd "$1" && find . -type f -not -path './.run/*' -not -name 'slurm-*' | sort | xargs sha256sum | sha256sum); }
ended() { # JOBS: none of them is in the queue any more
	for _ in $(seq 3000); do
		[ -z "$(squeue -h -j "$1" 2>/dev/null)" ] && return
		sleep .2
	done
	echo "job $1 does not end:" >&2
	squeue >&2
	exit 1
}
submit() { # sets job and finish, and waits
	words=($("$here/slurm.sh" "${flow[@]}" 2>&1 | tee -a "$dir/submitted" | tail -n 1))
	job=${words[1]} finish=${words[5]}
}
code_of() { scontrol show job "$1" | sed -n 's/.*ExitCode=\([0-9]*\):.*/\1/p' | tail -n 1; }
same() {
	if [ "$(digest whole)" != "$(digest "$1")" ]; then
		echo "$1 is not what one process makes" >&2
		diff -rq whole "$1" >&2 || true
		exit 1
	fi
}

flow_of whole
"$HPAFLOW" run "${flow[@]}" --progress none || [ $? -eq 3 ]

# --- an array of which two tasks run at once -----------------------------------
flow_of plain
submit
ended "$finish"
[ "$(code_of "$finish")" = 3 ] || { echo "finish ended with $(code_of "$finish"), want 3: there is a dead letter" >&2; exit 1; }
same plain
echo "array of 8, two at once, and finish behind it: equal"

# --- steps: an array for each level ---------------------------------------------
flow=("$root/configs/ensemble.flow" --set "data=$dir/data" --set folds=0,1 --set weights=1,1,1,1 --set last=1 --set views=1)
for network in resnet34:32 inceptionv3:75 se_resnext50:32; do # two small networks of one kind, and one of each other
	flow+=(--set "size_${network%:*}=${network#*:}" --set "batch_${network%:*}=8" --set "epochs_${network%:*}=1")
done
"$HPAFLOW" run "$root/configs/cells.flow" --set data=data --set size=75 --set train=24 --set external=4 --set test=4 --set leaks=.3 --set duplicates=.3 --progress none
for set in train external test; do "$HPAFLOW" run "$root/configs/rgby.flow" --set "input=data/raw/$set" --set "output=data/rgby/$set" --progress none; done
for config in duplicates leak split; do "$HPAFLOW" run "$root/configs/$config.flow" --progress none; done
mkdir one stepped # results are below the working folder: runs keep their paths in run.flow
(cd one && "$HPAFLOW" run "${flow[@]}" --progress none)
cd stepped
[ "$("$HPAFLOW" units "${flow[@]}" --slurm | tr '\n' ' ')" = "--array=0-3 --array=4-7 --array=8-15 --array=16 " ] || { echo "other levels than are known" >&2; exit 1; }
finish=$("$here/slurm.sh" "${flow[@]}" 2>&1 | tee -a "$dir/submitted" | sed -n 's/.* and \([0-9]*\) to finish$/\1/p')
ended "$finish"
[ "$(code_of "$finish")" = 0 ] || { echo "finish ended with $(code_of "$finish"), want 0" >&2; tail -n 5 slurm-*.out >&2; exit 1; }
cd ..
told() { # all but what holds times
	(cd "$1" && find . -type f -not -path '*.run/*' -not -name training.safetensors -not -name report.html -not -path '*/tensorboard/*' -not -name 'slurm-*' | sort | xargs sha256sum)
}
diff <(told one) <(told stepped) || { echo "steps by units are not what one process makes" >&2; exit 1; }
echo "17 steps in 4 levels, each an array, and finish behind them: equal"

# --- a task requeued, a task killed --------------------------------------------
work_of() { # TASK: waits until a task of the job works, and prints the process
	for _ in $(seq 1500); do
		for work in "$1"/.run/units/work-*; do
			if [ -d "$work/shards" ]; then
				pid=${work##*/work-*-}
				echo "${work##*/}" | sed -E 's/.*-([0-9]+)-[0-9a-f]+$/\1/'
				return
			fi
		done
		sleep .02
	done
	echo "no task works" >&2
	exit 1
}
task_of() { # PID: the job and task that a process is, as Slurm calls it
	tr '\0' '\n' <"/proc/$1/environ" | awk -F= '$1 == "SLURM_ARRAY_JOB_ID" { job = $2 } $1 == "SLURM_ARRAY_TASK_ID" { task = $2 } END { print job "_" task }'
}
for round in $(seq "$rounds"); do
	out=hit-$round
	flow_of "$out"
	submit
	hit=$(task_of "$(work_of "$out")")
	scontrol requeue "$hit"
	while :; do
		other=$(task_of "$(work_of "$out")" 2>/dev/null || true)
		[ -n "$other" ] && [ "$other" != _ ] && [ "$other" != "$hit" ] && break
		sleep .05
	done
	scancel --batch -s KILL "$other"
	ended "$finish"
	[ "$(code_of "$finish")" = 1 ] || { echo "finish ended with $(code_of "$finish"), want 1: a unit is missing" >&2; exit 1; }
	missing=$("$HPAFLOW" units "${flow[@]}" --slurm)
	[ "$missing" = "--array=${other#*_}" ] || { echo "missing is $missing, and task $other was killed" >&2; exit 1; }
	restarts=$(scontrol show job "$hit" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p' | sort -n | tail -n 1)
	[ "${restarts:-0}" -ge 1 ] || { echo "task $hit was not requeued" >&2; exit 1; }
	submit
	ended "$finish"
	[ "$(code_of "$finish")" = 3 ] || { echo "finish ended with $(code_of "$finish"), want 3" >&2; exit 1; }
	same "$out"
	[ -z "$(ls "$out/.run/units" | grep '^work-')" ] || { echo "a work folder is left" >&2; exit 1; }
	echo "round $round: task $hit requeued, task $other killed, $missing submitted again: equal"
	rm -rf "$out"
done
