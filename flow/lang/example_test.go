package lang_test

import (
	"fmt"
	"os"

	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
)

const text = `# Look at some samples.
variable "names" { default = ["a", "b"] }

source "list" "files" {
 names = var.names
}
op "decode" "planes" { in = source.files }
sink "print" "out" { in = op.planes }
`

// A file is read, planned with variables set, and written with all its values.
func Example() {
	registry := langtest.Components().Registry // a program brings its own
	file, faults := lang.Parse("look.flow", []byte(text))
	if faults != nil {
		fmt.Println(faults)
		return
	}
	plan, faults := file.Plan([]string{"names=c,d"}, registry)
	if faults != nil {
		fmt.Println(faults)
		return
	}
	for _, edge := range plan.Edges {
		fmt.Println(edge.From, "->", edge.To, "carries", edge.Port.Type.Name)
	}
	fmt.Println(plan.Nodes[0].Args.Strings("names"))
	// Output:
	// source.files -> op.planes carries file
	// op.planes -> sink.out carries sample
	// [c d]
}

// All faults of a file are told at once, each at its place.
func ExampleDiagnostics() {
	file, _ := lang.Parse("look.flow", []byte(`op "decod" "planes" {
  in = source.file
}

sink "print" "out" {
  in   = op.planes
  into = "x"
}
`))
	_, faults := file.Plan(nil, langtest.Components().Registry)
	faults.Render(os.Stdout, false)
	// Output:
	// look.flow:1:4: unknown op "decod"; did you mean "decode"?
	//   1 | op "decod" "planes" {
	//     |    ^^^^^^^
	// look.flow:7:3: sink print "out" has no field "into"; did you mean "in"?
	//   7 |   into = "x"
	//     |   ^^^^
}

// Format lays a file out; comments stay.
func ExampleFormat() {
	formatted, err := lang.Format("look.flow", []byte("# Half of it.\nop  \"batch\" \"b\" {\nin = op.planes\n  size=32 # samples\n}\n"))
	fmt.Printf("%s%v\n", formatted, err)
	// Output:
	// # Half of it.
	// op "batch" "b" {
	//   in   = op.planes
	//   size = 32 # samples
	// }
	// <nil>
}
