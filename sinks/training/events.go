package training

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/tfevents"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
	"hpaflow/ops/edges/trained"
	"hpaflow/sinks/report"
	"hpaflow/sinks/results"
)

func eventsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "events",
		Doc: "Write how training goes to an event file below DIR/tensorboard, which `tensorboard --logdir DIR` shows while it grows: " +
			"the loss of a batch now and then, and the scores of every epoch, by step; and, where op train yields them, " +
			"pictures of samples with their labels and probabilities, and precision-recall curves.",
		In: component.Takes(trained.Progress),
		Fields: append([]component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the run, made if need be"},
		}, report.LabelFields...),
		Build: func(n *component.Node) (component.Output, error) {
			names, err := report.LabelNamesOf(n.Args)
			if err != nil {
				return nil, err
			}
			s := &events{dir: filepath.Join(n.Args.String("dir"), "tensorboard"), names: names, graph: n.Graph}
			in := component.In[*checkpoint.Progress](n, "in")
			in.Tell(&s.shown)
			flow.To(in, n.Stage(), s)
			return nil, nil
		},
	}
}

// eventFile has a name that TensorBoard takes for one of its own.
const eventFile = "events.out.tfevents.hpaflow"

// eventsKind is a file that begins with an event, or holds none yet.
var eventsKind = results.Kind{Name: "an event file", Is: func(head []byte) bool { return tfevents.Begins(head) }}

// epochTag is in the event of every complete epoch, and in no other.
const epochTag = "epoch"

// events appends to a file, for TensorBoard follows one that grows. A record
// that is cut off by a crash is cut away by the next run.
type events struct {
	dir   string
	names data.Names
	graph *flow.Graph
	file  *os.File
	begun bool             // there is a header
	shown checkpoint.Shown // so far; pictures and curves are in no checkpoint
}

// Open goes on after what an earlier run has written up to the step where this
// run begins, and adds the epochs that it had no time to write.
func (s *events) Open(context.Context) (err error) {
	path := filepath.Join(s.dir, eventFile)
	if err := eventsKind.Check(path); err != nil {
		return err
	}
	if err := atomicfile.Prepare(path); err != nil {
		return err
	}
	if s.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return err
	}
	if err := s.resume(path); err != nil {
		return errors.Join(err, s.file.Close())
	}
	return nil
}

func (s *events) resume(path string) error {
	c, resumes := s.graph.Resume().State.(*checkpoint.Checkpoint)
	if !resumes {
		return s.file.Truncate(0)
	}
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	end, placed := tfevents.Read(content)
	s.begun = end > 0
	written := int64(-1) // the step of the last epoch in the file
	for _, e := range placed {
		epoch, ends := epochOf(e)
		// An epoch may be written here whose checkpoint never was, and then it is
		// trained to its end once more.
		if e.Step > c.Position.Step || ends && epoch >= c.Position.Epoch {
			break
		}
		end = e.End
		if ends {
			written = e.Step
		}
	}
	if end < int64(len(content)) {
		if err := s.file.Truncate(end); err != nil {
			return err
		}
	}
	if _, err := s.file.Seek(end, 0); err != nil {
		return err
	}
	for i := range c.Position.History {
		if e := &c.Position.History[i]; e.Step > written {
			if err := s.append(s.epochEvent(e)); err != nil {
				return err
			}
		}
	}
	return nil
}

// epochOf is the epoch that an event ends, if it does.
func epochOf(e tfevents.Placed) (epoch int, ends bool) {
	for _, v := range e.Scalars {
		if v.Tag == epochTag {
			return int(v.Value), true
		}
	}
	return 0, false
}

func (s *events) Write(_ context.Context, r flow.Record[*checkpoint.Progress]) error {
	p := r.Value
	if p.Scores != nil {
		e := s.epochEvent(p.Scores)
		if err := s.illustrate(&e, p); err != nil {
			return err
		}
		if err := s.append(e); err != nil {
			return err
		}
		s.shown.Epoch(p.Epoch)
		return nil
	}
	return s.append(tfevents.Event{Time: p.Time, Step: p.Step, Scalars: []tfevents.Scalar{
		{Tag: "train/batch_loss", Value: p.Loss}, {Tag: "lr", Value: p.LR},
	}})
}

func (s *events) epochEvent(e *checkpoint.EpochScores) tfevents.Event {
	event := tfevents.Event{Time: e.Time, Step: e.Step, Scalars: []tfevents.Scalar{{Tag: epochTag, Value: float64(e.Epoch)}, {Tag: "lr", Value: e.LR}}}
	add := func(tag string, v float64) {
		event.Scalars = append(event.Scalars, tfevents.Scalar{Tag: tag, Value: v})
	}
	for _, split := range e.Splits() {
		add(split.Name+"/loss", split.Loss)
		add(split.Name+"/accuracy", split.Accuracy)
		add(split.Name+"/macro_f1", split.MacroF1)
		add(split.Name+"/macro_f1_present", split.MacroF1Present)
		for label, f1 := range split.F1 {
			add(fmt.Sprintf("%s_f1/%02d %s", split.Name, label, s.names.Of(label)), f1)
		}
	}
	return event
}

func (s *events) append(e tfevents.Event) error {
	var b []byte
	if !s.begun {
		b = tfevents.AppendHeader(b, e.Time)
	}
	if _, err := s.file.Write(e.Append(b)); err != nil {
		return err
	}
	s.begun = true
	return nil
}

func (s *events) Commit(context.Context) error {
	return errors.Join(atomicfile.Sync(s.file), s.file.Close(), atomicfile.SyncDir(s.dir))
}

func (s *events) Abort() error { return s.file.Close() }
