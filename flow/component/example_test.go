package component_test

import (
	"context"
	"fmt"
	"strings"

	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

var word = component.TypeOf[string]("word")

// words is a source with one field.
var words = component.Spec{
	Kind: flow.KindSource, Name: "words", Doc: "Yield the words of a text.", Out: word,
	Fields: []component.Field{{Name: "text", Type: component.String, Doc: "words between blanks"}},
	Build: func(n *component.Node) (component.Output, error) {
		return flow.FromSlice(n.Graph, n.Stage(), strings.Fields(n.Args.String("text"))), nil
	},
}

// repeat is an op that may run on several workers.
var repeat = component.Spec{
	Kind: flow.KindOp, Name: "repeat", Doc: "Say each word again.", In: component.Takes(word), Out: word, Parallel: true,
	Fields: []component.Field{{Name: "times", Type: component.Int, Default: 2, Min: 1, Max: 9, Doc: "how often"}},
	Build: func(n *component.Node) (component.Output, error) {
		times := n.Args.Int("times")
		return flow.Map(component.In[string](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[string]) (string, error) {
			return strings.Repeat(r.Value, times), nil
		}), nil
	},
}

// say is a sink.
var say = component.Spec{
	Kind: flow.KindSink, Name: "say", Doc: "Print each word.", In: component.Takes(word),
	Build: func(n *component.Node) (component.Output, error) {
		flow.ForEach(component.In[string](n, "in"), n.Stage(), func(s string) error { _, err := fmt.Println(s); return err })
		return nil, nil
	},
}

// Components of one's own are registered and named by a .flow text.
func Example() {
	registry := &component.Registry{}
	registry.Register(&words, &repeat, &say)

	file, faults := lang.Parse("echo.flow", []byte(`
source "words" "call" {
  text = "hal lo"
}

op "repeat" "echo" {
  in = source.call
}

sink "say" "out" {
  in = op.echo
}
`))
	if faults != nil {
		fmt.Println(faults)
		return
	}
	plan, faults := file.Plan(nil, registry)
	if faults != nil {
		fmt.Println(faults)
		return
	}
	g := flow.New(plan.Options())
	if err := plan.Build(g); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Run(context.Background()))
	// Output:
	// halhal
	// lolo
	// <nil>
}
