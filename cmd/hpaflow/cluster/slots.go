package cluster

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"hpaflow/flow/cluster"
	"hpaflow/flow/component"
	"hpaflow/flow/machine"
)

// Slots are processes that work on units, one at a time each. One that is killed
// is started again.
type Slots struct {
	N       int
	Address cluster.Address
	Idle    time.Duration // 0: they stay
	Workers string        // of --workers
	Memory  string        // of --memory, each; empty: the machine's, parted
	Cache   []string      // --cache and --cache-size, if they were given
	Quiet   bool          // say nothing of units
	Out     io.Writer

	mu      sync.Mutex
	told    string // "": go on
	pipes   map[int]io.Writer
	running sync.WaitGroup
	ended   chan error
}

// slotName is the command of a slot. What it is told comes on standard input, a
// letter each; the end of it says that its parent has died.
const (
	slotName = "work-slot"
	drainNow = "d"
	stopNow  = "s"
)

// Start starts them.
func (s *Slots) Start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if s.Memory == "" && s.N > 1 {
		s.Memory = component.FormatSize(max(component.LeastMemory, machine.Memory()/4/int64(s.N)))
	}
	s.pipes, s.ended = map[int]io.Writer{}, make(chan error, 1)
	faults := make([]error, s.N)
	for k := range s.N {
		s.running.Go(func() { faults[k] = s.keep(self, k) })
	}
	go func() {
		s.running.Wait()
		s.ended <- errors.Join(faults...)
	}()
	return nil
}

// Ended gives, once, how they ended.
func (s *Slots) Ended() <-chan error { return s.ended }

// Drain lets them end when they have done the units that they are at.
func (s *Slots) Drain() { s.tell(drainNow) }

// Stop lets them give back the units that they are at.
func (s *Slots) Stop() { s.tell(stopNow) }

func (s *Slots) tell(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = what
	for _, pipe := range s.pipes {
		io.WriteString(pipe, what) // one that has just died is not started again
	}
}

// The patience with slots that are killed.
const (
	shortLife = 10 * time.Second
	longPause = 30 * time.Second
)

// keep keeps a slot going until it ends of its own accord, or cannot reach the
// cluster.
func (s *Slots) keep(self string, k int) error {
	for wait := time.Second; ; {
		began := time.Now()
		err := s.once(self, k)
		var exit *exec.ExitError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &exit):
			return err
		case exit.ExitCode() == exitFailed: // it has said why
			return &Exit{Code: exitFailed}
		}
		s.mu.Lock()
		ending := s.told != ""
		s.mu.Unlock()
		if ending {
			return nil
		}
		if time.Since(began) > shortLife {
			wait = time.Second
		}
		say(s.Out, "a slot was killed (%s); another is started", exit)
		time.Sleep(wait)
		wait = min(2*wait, longPause)
	}
}

// once runs a slot to its end.
func (s *Slots) once(self string, k int) error {
	args := []string{slotName, "--cluster", s.Address.URL, "--idle", s.Idle.String(), "--workers", s.Workers}
	for flag, value := range map[string]string{"--token-file": s.Address.Secret, "--tls-ca": s.Address.CA, "--memory": s.Memory} {
		if value != "" {
			args = append(args, flag, value)
		}
	}
	args = append(args, s.Cache...)
	if s.Quiet {
		args = append(args, "--quiet")
	}
	c := exec.Command(self, args...)
	c.Args[0] = os.Args[0] // as this process was called
	c.Stderr = s.Out
	apart(c)
	pipe, err := c.StdinPipe()
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.told != "" {
		s.mu.Unlock()
		return nil
	}
	if err = c.Start(); err == nil {
		s.pipes[k] = pipe
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	err = c.Wait()
	s.mu.Lock()
	delete(s.pipes, k)
	s.mu.Unlock()
	return err
}
