package flow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"hpaflow/flow"
)

// A small program: the doubled even numbers of a slice.
func Example() {
	g := flow.New(flow.Options{})
	numbers := flow.FromSlice(g, flow.Stage{Name: "numbers"}, []int{1, 2, 3, 4, 5, 6})
	even := flow.Filter(numbers, flow.Stage{Name: "even"}, func(n int) bool { return n%2 == 0 })
	double := func(_ context.Context, r flow.Record[int]) (int, error) { return 2 * r.Value, nil }
	doubled := flow.Map(even, flow.Stage{Name: "double"}, double)
	flow.ForEach(doubled, flow.Stage{Name: "print"}, func(n int) error { _, err := fmt.Println(n); return err })
	if err := g.Run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	// Output:
	// 4
	// 8
	// 12
}

// A record that fails is named, and the others go on.
func ExampleGraph_DeadLetters() {
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	words := flow.FromSlice(g, flow.Stage{Name: "words"}, []string{"red", "", "blue"})
	upper := flow.Map(words, flow.Stage{Name: "upper"}, func(_ context.Context, r flow.Record[string]) (string, error) {
		if r.Value == "" {
			return "", errors.New("there is no word")
		}
		return strings.ToUpper(r.Value), nil
	})
	var done []string
	var failed []flow.DeadLetter
	flow.Collect(upper, flow.Stage{Name: "collect"}, &done)
	flow.Collect(g.DeadLetters(), flow.Stage{Name: "failed"}, &failed)
	fmt.Println(g.Run(context.Background()), done, failed[0].String())
	// Output: <nil> [RED BLUE] upper: 1: there is no word
}

// A stage that sees the stream: pairs of neighbours, under the key of the second.
func ExampleProcess() {
	g := flow.New(flow.Options{})
	numbers := flow.FromSlice(g, flow.Stage{Name: "numbers"}, []int{1, 4, 9, 16})
	steps := flow.Process(numbers, flow.Stage{Name: "steps"}, func(ctx context.Context, in *flow.Reader[int], out *flow.Emitter[int]) error {
		before := 0
		for r, err := range in.Values(ctx) {
			if err != nil {
				return err
			}
			if err := out.Emit(r.Key, r.Value-before); err != nil {
				return err
			}
			before = r.Value
		}
		return nil
	})
	var got []int
	flow.Collect(steps, flow.Stage{Name: "collect"}, &got)
	fmt.Println(g.Run(context.Background()), got)
	// Output: <nil> [1 3 5 7]
}
