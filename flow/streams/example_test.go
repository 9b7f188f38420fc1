package streams_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/reugn/go-streams/extension"
	stock "github.com/reugn/go-streams/flow"

	"hpaflow/flow"
	"hpaflow/flow/streams"
)

// A connector of go-streams brings values into a graph, here one that reads a
// channel; a message queue's or an object store's is taken in the same way. A
// stock operator stands between stages of ours.
func Example() {
	lines := make(chan any, 3)
	for _, line := range []string{"red", "green", "blue"} {
		lines <- line
	}
	close(lines)

	g := flow.New(flow.Options{})
	source := streams.From[string](g, flow.Stage{Name: "lines"}, extension.NewChanSource(lines), strings.Clone)
	upper := streams.Through[string, string](source, flow.Stage{Name: "upper"}, stock.NewMap(strings.ToUpper, 1), nil)
	flow.ForEach(upper, flow.Stage{Name: "print"}, func(s string) error { _, err := fmt.Println(s); return err })
	if err := g.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// RED
	// GREEN
	// BLUE
}

// A graph of ours stands among go-streams' components.
func ExampleAsFlow() {
	square := streams.AsFlow(context.Background(), flow.Options{}, func(in flow.Out[int]) flow.Out[int] {
		return flow.Map(in, flow.Stage{Name: "square", Workers: 2}, func(_ context.Context, r flow.Record[int]) (int, error) {
			return r.Value * r.Value, nil
		})
	})
	in, out := make(chan any), make(chan any)
	go func() {
		defer close(in)
		for n := range 4 {
			in <- n
		}
	}()
	go extension.NewChanSource(in).Via(square).To(extension.NewChanSink(out))
	for v := range out {
		fmt.Println(v)
	}
	fmt.Println(square.Err())
	// Output:
	// 0
	// 1
	// 4
	// 9
	// <nil>
}
