package flow

import (
	"fmt"
	"time"
)

// Bottleneck is the stage that limits a run, and what would help.
type Bottleneck struct {
	Stage  string
	Advice string
}

const (
	machineBusy  = 0.9  // share of the cores' time from which on they are the limit
	worthSaying  = 0.05 // a gain below this is no advice
	verdictAfter = 2 * time.Second
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
	if st, share := s.thirstiest(); share > worst.Utilisation() {
		return Bottleneck{st.Name, fmt.Sprintf("%s waits %.0f%% of the time for what is outside, such as a server or a store; "+
			"asking it for more at once, or a faster one, would help", st.Name, 100*share)}, true
	}
	devices, limits := s.deviceAdvice(worst)
	if limits {
		return Bottleneck{worst.Name, fmt.Sprintf("%s: %s", worst.Name, devices)}, true
	}
	share := worst.Utilisation()
	head := fmt.Sprintf("%s %.0f%% busy", worst.Name, 100*share)
	if worst.Workers > 1 {
		head = fmt.Sprintf("%s: %d workers %.0f%% busy", worst.Name, worst.Workers, 100*share)
	}
	return Bottleneck{worst.Name, head + ": " + s.remedy(worst) + devices}, true
}

// thirstiest is the stage that spent the largest share of its time waiting for
// something outside the flow, as all that a source starves of is.
func (s Stats) thirstiest() (worst StageStats, share float64) {
	for _, st := range s.Stages {
		all := st.Busy + st.Starved + st.Blocked
		if st.Letters || all <= 0 || st.Idle() {
			continue
		}
		outside := st.Outside
		if st.Kind == KindSource {
			outside = st.Starved
		}
		if waits := float64(outside) / float64(all); waits > share {
			worst, share = st, waits
		}
	}
	return worst, share
}

// busiest is the stage with the highest utilisation; between equals, the one
// with more work.
func (s Stats) busiest() (worst StageStats, ok bool) {
	for _, st := range s.Stages {
		if st.Busy <= 0 || st.Idle() {
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
	if s.CPU.Seconds() >= machineBusy*s.Wall.Seconds()*float64(s.Cores) {
		return fmt.Sprintf("all %d cores are busy, %.0f%% of the work is here; more cores or a cheaper %s would help",
			s.Cores, 100*s.shareOfWork(worst), worst.Name)
	}
	best, limit := s.wallIf(worst, 0)
	if s.gain(best) < worthSaying {
		return fmt.Sprintf("the stages are in balance; %s would have to be faster too", limit)
	}
	if !worst.Parallel {
		return fmt.Sprintf("it works on one record at a time; a faster one would give up to +%.0f%%, then %s limits", 100*s.gain(best), limit)
	}
	for extra := 1; ; extra++ {
		takes := worst.Busy / time.Duration(worst.Workers+extra)
		wall, limit := s.wallIf(worst, takes)
		if more, _ := s.wallIf(worst, worst.Busy/time.Duration(worst.Workers+extra+1)); more < wall && extra < 2*s.Cores {
			continue
		}
		return fmt.Sprintf("%d more %s would give +%.0f%%; then %s limits", extra, plural(extra, "worker"), 100*s.gain(wall), limit)
	}
}

// wallIf is how long the run would have taken if a stage took so long in all,
// and what would limit it then. Nothing is saved but the time by which the
// stage's own workers would have been done sooner; and no run is shorter than
// any other stage takes, nor than the processors take for the work of all.
func (s Stats) wallIf(stage StageStats, takes time.Duration) (wall time.Duration, limit string) {
	wall, limit = s.Wall-(stage.Busy/time.Duration(max(stage.Workers, 1))-takes), "the rest of the run"
	if takes > 0 {
		limit = stage.Name
	}
	cpu := s.CPU
	if takes == 0 { // a faster stage, not one with more workers
		cpu -= min(cpu, stage.Busy)
	}
	if t := cpu / time.Duration(s.Cores); t >= wall {
		wall, limit = t, "the processor"
	}
	for _, other := range s.Stages {
		if t := other.alone(s.Cores); other.Name != stage.Name && t >= wall {
			wall, limit = t, other.Name
		}
	}
	return min(wall, s.Wall), limit
}

// alone is what the stage's workers would take if they never waited; those that
// the tuner gives it may be as many as there are cores.
func (s StageStats) alone(cores int) time.Duration {
	workers := s.Workers
	if s.Auto {
		workers = max(workers, cores)
	}
	return s.Busy / time.Duration(max(workers, 1))
}

// gain is how much faster the run would be than it was.
func (s Stats) gain(wall time.Duration) float64 {
	return s.Wall.Seconds()/max(wall, time.Millisecond).Seconds() - 1
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

// deviceBusy is the share from which on a device is what limits a run.
const deviceBusy = 0.9

// deviceAdvice is what would help a run whose bottleneck is a stage, as far as
// devices go: the stage's own if it limits, or another that is kept waiting.
func (s Stats) deviceAdvice(worst StageStats) (advice string, ofDevice bool) {
	if d := worst.Device; d != nil && d.Utilisation() >= deviceBusy {
		return d.String() + ": a faster device, more of them, or a lower precision would help", true
	}
	for _, st := range s.Stages {
		if st.Device != nil {
			advice += "; " + st.Device.String()
		}
	}
	return advice, false
}
