package draw_test

import (
	"fmt"
	"os"

	"hpaflow/flow/draw"
	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
)

// A planned flow is drawn as text for Mermaid, for Graphviz, or as SVG.
func Example() {
	file, faults := lang.Parse("look.flow", []byte(`
source "list" "files" {
}

op "decode" "planes" {
  in = source.files
}

sink "print" "out" {
  in = op.planes
}
`))
	if faults != nil {
		fmt.Println(faults)
		return
	}
	plan, faults := file.Plan(nil, langtest.Components().Registry)
	if faults != nil {
		fmt.Println(faults)
		return
	}
	if err := draw.Plan(os.Stdout, plan, "mermaid"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// flowchart TB
	//   n0("source files<br/>list")
	//   n1("op planes<br/>decode")
	//   n2("sink out<br/>print")
	//   n0 -->|"file"| n1
	//   n1 -->|"sample"| n2
	//   style n0 fill:#e7f1fb,stroke:#3a7fc1,color:#222
	//   style n1 fill:#f4f2ee,stroke:#8a8172,color:#222
	//   style n2 fill:#e8f5ea,stroke:#3c9452,color:#222
}
