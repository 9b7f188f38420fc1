package deadletters

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func deadLettersSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "dead_letters",
		Doc: "Write the records that have failed or were skipped, one JSON object a line: key, stage, cause, time, and \"skipped\": true. " +
			"Reads run.dead_letters. A run that has done all leaves no file. A file that holds something else is not touched.",
		In: component.Takes(edges.DeadLetter),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the file, which holds the letters of the last run"},
		},
		ByUnit: results.WholeByUnit("file", func(n *component.Node, j *component.Joined) error {
			s := newDeadLetters(n)
			s.Together()
			if err := s.Open(context.Background()); err != nil {
				return err
			}
			for _, d := range j.Letters {
				s.take(d)
			}
			return s.save()
		}),
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[flow.DeadLetter](n, "in"), n.Stage(), newDeadLetters(n))
			return nil, nil
		},
	}
}

var letterFile = results.Lines("a file of dead letters", "key", "stage", "cause", "time")

// deadLetters keeps the letters until the end and writes them in the order of
// their records, so that the file does not depend on timing. A run may lose
// millions of records: what their letters have in common is kept once.
type deadLetters struct {
	*results.File
	losses  flow.Losses
	rest    []rest // of each of these
	stacks  []string
	skipped int // letters of records that were only skipped
}

// rest is what a letter tells beside its Loss.
type rest struct {
	seq     int64
	time    int64 // nanoseconds since 1970
	stack   int16 // its number, from 1; 0: none
	skipped bool
}

// mostStacks is how many stacks of panics are kept: a kernel that panics does so
// for every record.
const mostStacks = 1000

func newDeadLetters(n *component.Node) *deadLetters {
	return &deadLetters{File: results.NewFile(n, n.Args.String("file"), letterFile)}
}

func (s *deadLetters) Open(context.Context) error { return s.File.Open() }

func (s *deadLetters) Write(_ context.Context, r flow.Record[flow.DeadLetter]) error {
	s.take(r.Value)
	return nil
}

func (s *deadLetters) take(d flow.DeadLetter) {
	r := rest{skipped: d.Skipped, seq: d.Seq, time: d.Time.UnixNano()}
	if d.Stack != "" && len(s.stacks) < mostStacks {
		s.stacks = append(s.stacks, d.Stack)
		r.stack = int16(len(s.stacks))
	}
	s.rest = append(s.rest, r)
	s.losses.Add(flow.Loss{Key: d.Key, Stage: d.Stage, Cause: d.Cause, File: d.File})
	if d.Skipped {
		s.skipped++
	}
}

func (s *deadLetters) Commit(context.Context) error { return s.save() }

// Abort saves the letters too: what has failed is known, whatever ended the run.
func (s *deadLetters) Abort() error {
	if len(s.rest) == 0 {
		return nil
	}
	return s.save()
}

func (s *deadLetters) save() error {
	if len(s.rest) == 0 {
		return s.Remove()
	}
	order := make([]uint32, len(s.rest))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortStableFunc(order, func(a, b uint32) int {
		if s.rest[a].seq != s.rest[b].seq {
			return cmp.Compare(s.rest[a].seq, s.rest[b].seq)
		}
		return cmp.Compare(s.losses.At(int(a)).Stage, s.losses.At(int(b)).Stage)
	})
	failed := s.failed()
	return s.File.Write(func(w io.Writer) error {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		for _, i := range order {
			r, d := s.rest[i], s.losses.At(int(i))
			if r.skipped && failed[d.Key] { // it has failed in another stage, which tells more
				continue
			}
			stack := ""
			if r.stack > 0 {
				stack = s.stacks[r.stack-1]
			}
			err := lines.Encode(struct {
				Key     string    `json:"key"`
				Stage   string    `json:"stage"`
				Cause   string    `json:"cause"`
				File    string    `json:"file,omitempty"`
				Time    time.Time `json:"time"`
				Skipped bool      `json:"skipped,omitempty"`
				Stack   string    `json:"stack,omitempty"`
			}{d.Key, d.Stage, d.Cause, d.File, time.Unix(0, r.time), r.skipped, stack})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// failed are the keys of records that were not only skipped, where some were.
func (s *deadLetters) failed() map[string]bool {
	if s.skipped == 0 || s.skipped == len(s.rest) {
		return nil
	}
	failed := map[string]bool{}
	for i, r := range s.rest {
		if !r.skipped {
			failed[s.losses.At(i).Key] = true
		}
	}
	return failed
}
