package langtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

var (
	fileType   = component.TypeOf[string]("file")
	SampleType = component.TypeOf[Sample]("sample")
	batchType  = component.TypeOf[[]Sample]("batch")
	scoreType  = component.TypeOf[float64]("score")
)

// Sample is what the components pass on.
type Sample struct{ name string }

// Made are the components of the tests. What they do is little, but they run.
type Made struct {
	Registry *component.Registry

	mu    sync.Mutex
	lines []string // what the print sinks were given, and the settings they saw
}

func (m *Made) note(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, fmt.Sprintf(format, args...))
}

// Components makes the components of the tests anew.
func Components() *Made {
	m := &Made{Registry: &component.Registry{}}
	m.Registry.Register(
		&component.Spec{Kind: flow.KindSource, Name: "list", Doc: "Yield names.", Out: fileType,
			Fields: []component.Field{
				{Name: "names", Type: component.Strings, Default: []string{"a", "b", "bad"}, Doc: "the names"},
				{Name: "table", Type: component.InputFile, Default: "", Doc: "a table"},
				{Name: "wait", Type: component.Duration, Default: time.Duration(0), Doc: "time between names"},
				{Name: "split", Type: component.String, Default: "train", Choices: []string{"train", "val", "test"}, Doc: "which part"},
			},
			Build: func(n *component.Node) (component.Output, error) {
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
		&component.Spec{Kind: flow.KindOp, Name: "decode", Doc: "Make samples of files.", Parallel: true, In: component.Takes(fileType), Out: SampleType,
			Build: func(n *component.Node) (component.Output, error) {
				return flow.Map(component.In[string](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[string]) (Sample, error) {
					if r.Value == "bad" {
						return Sample{}, fmt.Errorf("not an image")
					}
					return Sample{r.Value}, nil
				}), nil
			}},
		&component.Spec{Kind: flow.KindOp, Name: "augment", Doc: "Change samples.", Parallel: true, In: component.Takes(SampleType), Out: SampleType,
			Fields: []component.Field{
				{Name: "policy", Type: component.String, Default: "best", Choices: []string{"best", "basic", "none"}, Doc: "which policy"},
				{Name: "size", Type: component.Int, Default: 512, Min: 16, Max: 4096, Doc: "pixels a side"},
				{Name: "strength", Type: component.Float, Default: 1.0, Min: 0, Max: 1, Doc: "how much"},
			},
			Build: func(n *component.Node) (component.Output, error) {
				return flow.Map(component.In[Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[Sample]) (Sample, error) {
					return r.Value, nil
				}), nil
			}},
		&component.Spec{Kind: flow.KindOp, Name: "batch", Doc: "Group samples.", In: component.Takes(SampleType), Out: batchType,
			Fields: []component.Field{
				{Name: "size", Type: component.Int, Min: 1, Max: 1 << 20, Doc: "samples in a batch"},
				{Name: "drop_last", Type: component.Bool, Default: false, Doc: "leave an incomplete batch out"},
				{Name: "memory", Type: component.Size, Default: int64(0), Doc: "bytes of a batch, at most"},
			},
			Check: func(a component.Args) []component.FieldFault {
				if a.Bool("drop_last") && a.Int("size") == 1 {
					return []component.FieldFault{{Field: "drop_last", Fault: "batches of 1 are never incomplete", Hint: "leave it out"}}
				}
				return nil
			},
			Build: func(n *component.Node) (component.Output, error) {
				return flow.Map(component.In[Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[Sample]) ([]Sample, error) {
					return []Sample{r.Value}, nil
				}), nil
			}},
		&component.Spec{Kind: flow.KindOp, Name: "train", Doc: "Learn.", Out: scoreType,
			In: []component.Port{
				{Name: "in", Type: batchType, Doc: "what to learn from"},
				{Name: "validate", Type: batchType, Optional: true, Doc: "what to score with"},
			},
			Fields: []component.Field{{Name: "model", Type: component.String, Doc: "the network"}},
			Build: func(n *component.Node) (component.Output, error) {
				return nil, fmt.Errorf("model %q cannot be built", n.Args.String("model"))
			}},
		&component.Spec{Kind: flow.KindSink, Name: "print", Doc: "Print samples.", In: component.Takes(SampleType),
			Fields: []component.Field{{Name: "to", Type: component.OutputFile, Default: "-", Stdio: true, Doc: "where to"}},
			Build: func(n *component.Node) (component.Output, error) {
				m.note("%s prints to %s", n.Name, n.Args.String("to"))
				flow.To(component.In[Sample](n, "in"), n.Stage(), printer(m, func(s Sample) string { return s.name }))
				return nil, nil
			}},
		&component.Spec{Kind: flow.KindSink, Name: "scores", Doc: "Keep scores.", In: component.Takes(scoreType),
			Fields: []component.Field{{Name: "dir", Type: component.OutputDir, Doc: "the folder"}},
			Build:  func(*component.Node) (component.Output, error) { return nil, nil }},
		&component.Spec{Kind: flow.KindSink, Name: "dead_letters", Doc: "Keep what failed.", In: component.Takes(component.DeadLetters),
			Fields: []component.Field{{Name: "file", Type: component.OutputFile, Doc: "the file"}},
			Build: func(n *component.Node) (component.Output, error) {
				flow.To(component.In[flow.DeadLetter](n, "in"), n.Stage(), printer(m, func(d flow.DeadLetter) string { return d.String() }))
				return nil, nil
			}},
	)
	return m
}

// printer is a sink that notes what it is given.
func printer[T any](m *Made, text func(T) string) flow.Sink[T] {
	return flow.SinkFunc[T](func(_ context.Context, r flow.Record[T]) error {
		m.note("%s", text(r.Value))
		return nil
	})
}

// Noted is what was noted, in an order that does not depend on timing.
func (m *Made) Noted() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(slices.Values(m.lines))
}
