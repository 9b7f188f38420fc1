package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"hpaflow/flow/lang"
)

// showResults names the results of a flow that are there to look at.
func showResults(w io.Writer, plan *lang.Plan) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	title := "\nto look at\n"
	for _, r := range plan.Results {
		if _, err := os.Stat(r.File); err == nil {
			fmt.Fprintf(t, "%s  %s\t%s\n", title, r.File, r.Doc)
			title = ""
		}
	}
	return t.Flush()
}
