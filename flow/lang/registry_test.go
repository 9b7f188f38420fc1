package lang_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hpaflow/flow"
)

var (
	fileType   = flow.TypeOf[string]("file")
	sampleType = flow.TypeOf[sample]("sample")
	batchType  = flow.TypeOf[[]sample]("batch")
	scoreType  = flow.TypeOf[float64]("score")
	letterType = flow.TypeOf[flow.DeadLetter]("dead letter")
)

type sample struct{ name string }

// made are the components of the tests. What they do is little, but they run.
type made struct {
	reg *flow.Registry

	mu    sync.Mutex
	lines []string // what the print sinks were given, and the settings they saw
}

func (m *made) note(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, fmt.Sprintf(format, args...))
}

func components() *made {
	m := &made{reg: &flow.Registry{}}
	in := func(t flow.Type) []flow.Port { return []flow.Port{{Name: "in", Type: t}} }
	m.reg.Register(
		&flow.Spec{Kind: flow.KindSource, Name: "list", Doc: "Yield names.", Out: fileType,
			Fields: []flow.Field{
				{Name: "names", Type: flow.Strings, Default: []string{"a", "b", "bad"}, Doc: "the names"},
				{Name: "table", Type: flow.InputFile, Default: "", Doc: "a table"},
				{Name: "wait", Type: flow.Duration, Default: time.Duration(0), Doc: "time between names"},
				{Name: "split", Type: flow.String, Default: "train", Choices: []string{"train", "val", "test"}, Doc: "which part"},
			},
			Build: func(n *flow.Node) (flow.Output, error) {
				names := n.Args.Strings("names")
				return flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[string]) error {
					for _, name := range names {
						if err := out.Emit(name, name); err != nil {
							return err
						}
					}
					return nil
				}), nil
			}},
		&flow.Spec{Kind: flow.KindOp, Name: "decode", Doc: "Make samples of files.", Parallel: true, In: in(fileType), Out: sampleType,
			Build: func(n *flow.Node) (flow.Output, error) {
				return flow.Map(flow.In[string](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[string]) (sample, error) {
					if r.Value == "bad" {
						return sample{}, fmt.Errorf("not an image")
					}
					return sample{r.Value}, nil
				}), nil
			}},
		&flow.Spec{Kind: flow.KindOp, Name: "augment", Doc: "Change samples.", Parallel: true, In: in(sampleType), Out: sampleType,
			Fields: []flow.Field{
				{Name: "policy", Type: flow.String, Default: "best", Choices: []string{"best", "basic", "none"}, Doc: "which policy"},
				{Name: "size", Type: flow.Int, Default: 512, Min: 16, Max: 4096, Doc: "pixels a side"},
				{Name: "strength", Type: flow.Float, Default: 1.0, Min: 0, Max: 1, Doc: "how much"},
			},
			Build: func(n *flow.Node) (flow.Output, error) {
				return flow.Map(flow.In[sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[sample]) (sample, error) {
					return r.Value, nil
				}), nil
			}},
		&flow.Spec{Kind: flow.KindOp, Name: "batch", Doc: "Group samples.", In: in(sampleType), Out: batchType,
			Fields: []flow.Field{
				{Name: "size", Type: flow.Int, Min: 1, Max: 1 << 20, Doc: "samples in a batch"},
				{Name: "drop_last", Type: flow.Bool, Default: false, Doc: "leave an incomplete batch out"},
				{Name: "memory", Type: flow.Size, Default: int64(0), Doc: "bytes of a batch, at most"},
			},
			Check: func(a flow.Args) []flow.FieldFault {
				if a.Bool("drop_last") && a.Int("size") == 1 {
					return []flow.FieldFault{{Field: "drop_last", Fault: "batches of 1 are never incomplete", Hint: "leave it out"}}
				}
				return nil
			},
			Build: func(n *flow.Node) (flow.Output, error) {
				return flow.Map(flow.In[sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[sample]) ([]sample, error) {
					return []sample{r.Value}, nil
				}), nil
			}},
		&flow.Spec{Kind: flow.KindOp, Name: "train", Doc: "Learn.", Out: scoreType,
			In: []flow.Port{
				{Name: "in", Type: batchType, Doc: "what to learn from"},
				{Name: "validate", Type: batchType, Optional: true, Doc: "what to score with"},
			},
			Fields: []flow.Field{{Name: "model", Type: flow.String, Doc: "the network"}},
			Build: func(n *flow.Node) (flow.Output, error) {
				return nil, fmt.Errorf("model %q cannot be built", n.Args.String("model"))
			}},
		&flow.Spec{Kind: flow.KindSink, Name: "print", Doc: "Print samples.", In: in(sampleType),
			Fields: []flow.Field{{Name: "to", Type: flow.OutputFile, Default: "-", Stdio: true, Doc: "where to"}},
			Build: func(n *flow.Node) (flow.Output, error) {
				m.note("%s prints to %s", n.Name, n.Args.String("to"))
				flow.To(flow.In[sample](n, "in"), n.Stage(), &printer[sample]{m, func(s sample) string { return s.name }})
				return nil, nil
			}},
		&flow.Spec{Kind: flow.KindSink, Name: "scores", Doc: "Keep scores.", In: in(scoreType),
			Fields: []flow.Field{{Name: "dir", Type: flow.OutputDir, Doc: "the folder"}},
			Build:  func(*flow.Node) (flow.Output, error) { return nil, nil }},
		&flow.Spec{Kind: flow.KindSink, Name: "dead_letters", Doc: "Keep what failed.", In: in(letterType),
			Fields: []flow.Field{{Name: "file", Type: flow.OutputFile, Doc: "the file"}},
			Build: func(n *flow.Node) (flow.Output, error) {
				flow.To(flow.In[flow.DeadLetter](n, "in"), n.Stage(), &printer[flow.DeadLetter]{m, func(d flow.DeadLetter) string { return d.String() }})
				return nil, nil
			}},
	)
	return m
}

// printer is a sink that notes what it is given.
type printer[T any] struct {
	to   *made
	text func(T) string
}

func (p *printer[T]) Open(context.Context) error { return nil }
func (p *printer[T]) Write(_ context.Context, r flow.Record[T]) error {
	p.to.note("%s", p.text(r.Value))
	return nil
}
func (p *printer[T]) Commit(context.Context) error { return nil }
func (p *printer[T]) Abort() error                 { return nil }

// sortedLines is what was noted, in an order that does not depend on timing.
func (m *made) sortedLines() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(slices.Values(m.lines))
}
