package sources_test

import (
	"context"
	"slices"
	"testing"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

// cutUp looks at a source that can be cut: parts of it come to all of it, in the
// order that is asked for and under the numbers that are given, from one list of
// its inputs; a record that there is not any more fails.
func cutUp[T any](t *testing.T, spec *component.Spec, args component.Args, whole []string) (can bool) {
	t.Helper()
	var memo component.Memo
	take := func(first int64, names []string) (keys []string, numbers []int64, failed []string) {
		t.Helper()
		g := flow.New(flow.Options{Name: "suite", OnError: flow.OnErrorSkip})
		out, err := spec.Build(&component.Node{Graph: g, Spec: spec, Name: "source", Args: args, InUnit: true, Memo: &memo})
		if err != nil {
			t.Fatal(err)
		}
		cut := g.Cut("source")
		if can = cut != nil; !can {
			return
		}
		if names == nil {
			if names, err = cut.Names(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		cut.Take(first, names)
		flow.To(out.(flow.Out[T]), flow.Stage{Name: "sink"}, flow.SinkFunc[T](func(_ context.Context, r flow.Record[T]) error {
			keys, numbers = append(keys, r.Key), append(numbers, r.Seq)
			return nil
		}))
		if err := g.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, l := range g.Letters() {
			failed = append(failed, l.Key)
			numbers = append(numbers, l.Seq)
		}
		if cut.Origin != nil {
			for _, name := range names {
				if key, from, whole := cut.Origin(name); whole && (from == nil || !slices.Contains(append(keys, failed...), key)) {
					t.Errorf("%s: its key is %s, and its origin %v", name, key, from)
				}
			}
		}
		return keys, numbers, failed
	}
	keys, _, _ := take(0, nil)
	if !can {
		return false
	}
	if !slices.Equal(keys, whole) {
		t.Errorf("taken as a whole it yields %v, want %v", keys, whole)
	}
	g := flow.New(flow.Options{})
	if _, err := spec.Build(&component.Node{Graph: g, Spec: spec, Name: "source", Args: args, Memo: &memo}); err != nil {
		t.Fatal(err)
	}
	names, err := g.Cut("source").Names(t.Context())
	if err != nil || len(names) != len(whole) {
		t.Fatalf("%d names of %d records, %v", len(names), len(whole), err)
	}
	var parts []string
	for i := 0; i < len(names); i += 2 {
		n := min(2, len(names)-i)
		keys, numbers, _ := take(int64(100+i), names[i:i+n])
		parts = append(parts, keys...)
		for at, number := range numbers {
			if number != int64(100+i+at) {
				t.Errorf("record %d of a part has number %d, want %d", at, number, 100+i+at)
			}
		}
	}
	if !slices.Equal(parts, whole) {
		t.Errorf("in parts it yields %v, want %v", parts, whole)
	}
	back := slices.Clone(names)
	slices.Reverse(back)
	want := slices.Clone(whole)
	slices.Reverse(want)
	if keys, _, _ := take(0, back); !slices.Equal(keys, want) {
		t.Errorf("backwards it yields %v, want %v", keys, want)
	}
	return true
}
