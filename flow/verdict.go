package flow

import (
	"fmt"
	"math"
	"time"
)

// Bottleneck is the stage that limits a run, and what would help.
type Bottleneck struct {
	Stage  string
	Advice string
}

const (
	machineBusy  = 0.9  // share of the cores' time from which on they are the limit
	worthSaying  = 1.05 // a speed-up below this is no advice
	verdictAfter = 50 * time.Millisecond
)

// Bottleneck names the stage that was busy for the largest share of its
// workers' time, and says what would help: more workers, more cores, or a
// faster stage. A source that waits for a server longer than any stage works is
// the limit too. It reports false for a run too short to tell.
func (s Stats) Bottleneck() (Bottleneck, bool) {
	worst, ok := s.busiest()
	if !ok || s.Wall < verdictAfter {
		return Bottleneck{}, false
	}
	if source, share := s.thirstiest(); share > worst.Utilisation() {
		return Bottleneck{source.Name, fmt.Sprintf("%s waits %.0f%% of the time for what is outside, such as a server; "+
			"asking it for more at once, or a faster one, would help", source.Name, 100*share)}, true
	}
	share := worst.Utilisation()
	head := fmt.Sprintf("%s %.0f%% busy", worst.Name, 100*share)
	if worst.Workers > 1 {
		head = fmt.Sprintf("%s: %d workers %.0f%% busy", worst.Name, worst.Workers, 100*share)
	}
	return Bottleneck{worst.Name, head + ": " + s.remedy(worst)}, true
}

// thirstiest is the source that spent the largest share of its time waiting for
// something outside the flow.
func (s Stats) thirstiest() (source StageStats, share float64) {
	for _, st := range s.Stages {
		all := st.Busy + st.Starved + st.Blocked
		if st.Kind != KindSource || st.Letters || all <= 0 {
			continue
		}
		if waits := float64(st.Starved) / float64(all); waits > share {
			source, share = st, waits
		}
	}
	return source, share
}

// busiest is the stage with the highest utilisation; between equals, the one
// with more work.
func (s Stats) busiest() (worst StageStats, ok bool) {
	for _, st := range s.Stages {
		if st.Busy <= 0 {
			continue
		}
		a, b := st.Utilisation(), worst.Utilisation()
		if !ok || a > b+0.02 || a > b-0.02 && st.Busy > worst.Busy {
			worst, ok = st, true
		}
	}
	return worst, ok
}

// remedy says what would make the run faster, given that worst limits it.
func (s Stats) remedy(worst StageStats) string {
	if worst.Parallel && worst.Cheap {
		return "its work takes little longer than handing records over, so more workers would not help; to do more in one stage would"
	}
	cores := float64(s.Cores)
	used := s.CPU.Seconds() / s.Wall.Seconds() / cores
	if used >= machineBusy {
		return fmt.Sprintf("all %d cores are busy, %.0f%% of the work is here; more cores or a cheaper %s would help",
			s.Cores, 100*s.shareOfWork(worst), worst.Name)
	}
	next, limit := s.withoutLimitOf(worst, used)
	if next < worthSaying {
		return fmt.Sprintf("the stages are in balance; %s would have to be faster too", limit)
	}
	if worst.Parallel {
		for extra := 1; extra <= 4*s.Cores; extra++ {
			gain := min(next, float64(worst.Workers+extra)/float64(worst.Workers))
			if gain >= next || extra == 4*s.Cores {
				return fmt.Sprintf("%d more %s would give +%.0f%%; then %s limits",
					extra, plural(extra, "worker"), 100*(gain-1), limit)
			}
		}
	}
	if math.IsInf(next, 1) {
		return "nothing else limits the run; only a faster " + worst.Name + " helps"
	}
	return fmt.Sprintf("it works on one record at a time; a faster one would give up to +%.0f%%, then %s limits", 100*(next-1), limit)
}

// withoutLimitOf is how many times faster the run could go if one stage cost
// nothing, and what would limit it then.
func (s Stats) withoutLimitOf(worst StageStats, used float64) (speedup float64, limit string) {
	speedup, limit = math.Inf(1), "nothing"
	if used > 0 {
		speedup, limit = 1/used, "the processor"
	}
	for _, st := range s.Stages {
		if st.Name == worst.Name || st.Busy <= 0 {
			continue
		}
		workers := st.Workers
		if st.Auto {
			workers = max(workers, s.Cores)
		}
		most := float64(workers) * s.Wall.Seconds() / st.Busy.Seconds()
		if most < speedup {
			speedup, limit = most, st.Name
		}
	}
	return max(speedup, 1), limit
}

func (s Stats) shareOfWork(st StageStats) float64 {
	var all time.Duration
	for _, other := range s.Stages {
		all += other.Busy
	}
	return float64(st.Busy) / float64(all)
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}
