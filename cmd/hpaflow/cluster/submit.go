package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"hpaflow/flow/cluster"
	"hpaflow/flow/lang"
	"hpaflow/flow/units"
)

// Submit sees to it that missing units of a flow are done: it queues them, works
// too, and waits.
type Submit struct {
	Program
	Address cluster.Address
	Lease   time.Duration
	Slots   int // 0: only others work
	Workers string
	Memory  string
	Cache   []string // flags of a cache, for its slots
	Quiet   bool     // says nothing but what is wrong
	Out     io.Writer
	Board   *Board

	Flow *units.Flow
	Plan *lang.Plan

	client  *cluster.Client
	job     *cluster.Job
	dead    []int
	checked time.Duration // that the last look took
	told    time.Time     // when it was last told how things stand
	trouble string        // of the broker, as it was told
}

// RunFlags are those of run.
func RunFlags() []cli.Flag {
	return append(Flags(),
		&cli.DurationFlag{Name: "lease", Value: defaultLease, Usage: "with --cluster: give a unit to another worker when no record of it has moved for this `TIME`"},
		&cli.IntFlag{Name: "slots", Value: 1, Usage: "with --cluster: units that this process works on at once, `N`; 0: it waits for others"},
	)
}

// SubmitTo reads the flags of run; nil: there is to be no cluster.
func (p Program) SubmitTo(c *cli.Context) (*Submit, error) {
	if c.String("cluster") == "" {
		for _, name := range []string{"token-file", "tls-ca", "lease", "slots"} {
			if c.IsSet(name) {
				return nil, fmt.Errorf("--%s goes with --cluster", name)
			}
		}
		return nil, nil
	}
	a, err := address(c)
	if err != nil {
		return nil, err
	}
	s := &Submit{Program: p, Address: a, Lease: c.Duration("lease"), Slots: c.Int("slots"), Cache: cacheArgs(c), Board: &Board{}}
	if s.Lease < leastLease || s.Slots < 0 {
		return nil, fmt.Errorf("--lease is %s or more, and --slots no less than 0", leastLease)
	}
	return s, nil
}

const (
	defaultLease = time.Minute
	leastLease   = time.Second
)

const (
	checkEvery = time.Second // at the storage and the queue
	checkShare = 20          // of the time, one part at most goes into looking
	mostCheck  = time.Minute // between two looks all the same
	tellOften  = 5 * time.Second
)

// Missing is what units.Whole calls.
func (s *Submit) Missing(ctx context.Context, missing []int) (err error) {
	job, err := jobOf(s.Plan, s.Flow.ID(), s.Flow.Dir(), s.Version)
	if err != nil {
		return err
	}
	return s.session(ctx, job, s.Flow.Units(), len(missing), func(ctx context.Context) error {
		again, err := s.client.Retry(ctx, job.ID()) // the command was given again, which is to try them again
		if err != nil {
			return err
		}
		added, err := s.client.Queue(ctx, job.ID(), missing)
		if err != nil {
			return err
		}
		if !s.Quiet {
			say(s.Out, "%s: %d of %d units are missing; %d queued, %d were queued already, job %s",
				job.Name, len(missing), s.Flow.Units(), added+again, len(missing)-added-again, job.ID())
		}
		return s.crew(func() error { return s.wait(ctx) })
	})
}

// session makes a job known to the broker, and takes it off when do has seen to it.
func (s *Submit) session(ctx context.Context, job *cluster.Job, units, missing int, do func(context.Context) error) (err error) {
	s.job = job
	s.job.Lease, s.job.Submitted = s.Lease, time.Now()
	name := myName() + ".submitter"
	if s.client, err = cluster.Connect(ctx, s.Address, name, func(text string) { say(s.Out, "%s", text) }); err != nil {
		return err
	}
	defer s.client.Close()
	id := s.job.ID()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if err := errors.Join(s.client.Listen(s.Board.heard), s.client.Cancelled(func(job string) {
		if job == id {
			stop(errCancelled)
		}
	})); err != nil {
		return err
	}
	s.Board.begin(job.Name, id, units, units-missing)
	if err := s.client.Submit(ctx, s.job); err != nil {
		return err
	}
	if err := do(ctx); err != nil {
		return err
	}
	if err := s.client.Remove(context.WithoutCancel(ctx), id); err != nil {
		say(s.Out, "all units are done, but the broker still has the job %s: %s", id, err) // workers find out by themselves
	}
	return nil
}

// crew lets slots of this process work meanwhile.
func (s *Submit) crew(do func() error) error {
	if s.Slots > 0 {
		slots := &Slots{N: s.Slots, Address: s.Address, Workers: s.Workers, Memory: s.Memory, Cache: s.Cache, Quiet: true, Out: s.Out}
		if err := slots.Start(); err != nil {
			return err
		}
		defer func() {
			slots.Stop()
			<-slots.Ended() // which say themselves what is wrong, and others may have done the work
		}()
	}
	return do()
}

// wait waits until all units are done, or those that are not cannot be. A broker
// that does not answer, or has trouble of its own, is waited for: it may come
// back, and units that are at work are done without it.
func (s *Submit) wait(ctx context.Context) error {
	s.told = time.Now()
	for {
		began := time.Now()
		missing, err := s.missing()
		if err != nil || len(missing) == 0 {
			if err == nil && !s.Quiet {
				say(s.Out, "%s", s.Board.line())
			}
			return err
		}
		asked := s.refill(ctx, missing)
		s.checked = time.Since(began)
		if asked == nil && len(s.dead) > 0 && isWithin(missing, s.dead) {
			return s.exhausted(units.Ranges(missing))
		}
		if err := s.pause(ctx, asked); err != nil {
			return err
		}
	}
}

// pause waits until it is time to look again, and tells how things stand. asked is
// what the broker's answer was.
func (s *Submit) pause(ctx context.Context, asked error) error {
	trouble := ""
	if asked != nil {
		trouble = asked.Error()
	}
	if trouble != "" && trouble != s.trouble && !s.client.Away() && ctx.Err() == nil { // which is said elsewhere
		say(s.Out, "the broker does not answer as it should, and is asked again: %s", asked)
	}
	s.trouble = trouble
	if !s.Quiet && time.Since(s.told) > tellOften {
		s.told = time.Now()
		say(s.Out, "%s", s.Board.line())
	}
	select {
	case <-time.After(max(checkEvery, min(checkShare*s.checked, mostCheck))):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// missing reads from the storage what is missing.
func (s *Submit) missing() ([]int, error) {
	status, err := s.Flow.Status()
	if err != nil {
		return nil, err
	}
	s.Board.done(len(status.Done))
	return status.Missing, nil
}

// refill queues what of the missing units the broker has lost.
func (s *Submit) refill(ctx context.Context, missing []int) error {
	id := s.job.ID()
	queued, err := s.client.Queued(ctx, id)
	if errors.Is(err, cluster.ErrForgotten) {
		say(s.Out, "the broker has lost the queue; what is missing is queued again")
		err = s.client.Submit(ctx, s.job)
	}
	if err != nil {
		return err
	}
	lost := slices.DeleteFunc(slices.Clone(missing), func(unit int) bool { return queued[unit] })
	if len(lost) > 0 {
		if _, err := s.client.Queue(ctx, id, lost); err != nil {
			return err
		}
	}
	counts, err := s.client.Counts(ctx, id)
	if err != nil {
		return err
	}
	dead, err := s.client.Dead(ctx, id)
	if err != nil {
		return err
	}
	s.dead = dead
	s.Board.queue(counts, dead)
	return nil
}

// exhausted is the error of units that were tried too often.
func (s *Submit) exhausted(missing string) error {
	text := fmt.Sprintf("units %s were tried %d times and are not done", missing, cluster.MaxDeliver)
	if trouble := s.Board.trouble(); trouble != "" {
		text += "; a worker said: " + trouble
	}
	return errors.New(text + "; run the same command again, or hpaflow cluster retry, to try them again")
}

// isWithin says whether all numbers of a list are in another; both are sorted.
func isWithin(list, all []int) bool {
	return !slices.ContainsFunc(list, func(n int) bool {
		_, found := slices.BinarySearch(all, n)
		return !found
	})
}
