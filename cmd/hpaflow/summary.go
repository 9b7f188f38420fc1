package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// summarise writes what a run did: a table of its stages, the bottleneck, and
// one line that counts. Of one that did nothing there is no more to say than
// that, or why, which is said elsewhere.
func summarise(w io.Writer, s flow.Stats, cause error) {
	if didNothing(s) {
		if cause == nil {
			fmt.Fprintf(w, "%s: %s\n", lang.Safe(s.Flow), nothingToDo(s))
		}
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "stage\tkind\tworkers\tin\tout\terrors\tskipped\tmemory\tbusy\tstarved\tblocked\t")
	for _, st := range s.Stages {
		if st.Letters {
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t\n", st.Name, st.Kind, st.Workers,
			st.In, st.Out, st.Errors, st.Skipped+st.Complete, component.FormatSize(st.Bytes),
			percent(st, st.Busy), percent(st, st.Starved), percent(st, st.Blocked))
	}
	t.Flush()
	for _, st := range s.Stages {
		if d := st.Device; d != nil {
			fmt.Fprintf(w, "%s on %s, waiting %s, copying %s beside; %s of its memory\n", st.Name, d,
				d.Waiting.Round(time.Millisecond), d.Copying.Round(time.Millisecond), component.FormatSize(d.Memory))
		}
	}
	if b, ok := s.Bottleneck(); ok {
		fmt.Fprintf(w, "bottleneck: %s\n", b.Advice)
	}
	fmt.Fprintf(w, "%s: %s\n", lang.Safe(s.Flow), strings.Join(counts(s), ", "))
}

func percent(st flow.StageStats, d time.Duration) string {
	all := st.Busy + st.Starved + st.Blocked
	if all == 0 || st.Idle() {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100*float64(d)/float64(all))
}

// counts are the parts of the closing line.
func counts(s flow.Stats) []string {
	var parts []string
	for _, st := range s.Stages {
		if st.Kind == flow.KindSink && !st.Letters {
			parts = append(parts, fmt.Sprintf("%s took %d", st.Name, st.In))
		}
	}
	if n := completed(s); n > 0 {
		parts = append(parts, fmt.Sprintf("%d were complete before", n))
	}
	skipped := int64(0)
	for _, st := range s.Stages {
		skipped += st.Skipped
	}
	if skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d skipped", skipped))
	}
	if s.DeadLetters > 0 {
		parts = append(parts, fmt.Sprintf("%d dead letters", s.DeadLetters))
	}
	return append(parts, fmt.Sprintf("%s, at most %s in flight", s.Wall.Round(time.Millisecond), component.FormatSize(s.MemoryPeak)))
}

func completed(s flow.Stats) (n int64) {
	for _, st := range s.Stages {
		n += st.Complete
	}
	return n
}

// didNothing says that no record has passed any stage, failed, or been dropped.
func didNothing(s flow.Stats) bool {
	for _, st := range s.Stages {
		if st.In > 0 || st.Out > 0 || st.Skipped > 0 {
			return false
		}
	}
	return s.DeadLetters == 0
}

// nothingToDo is why a run that went well did nothing.
func nothingToDo(s flow.Stats) string {
	if n := completed(s); n > 0 {
		return fmt.Sprintf("nothing to do: all %d records are complete", n)
	}
	return "nothing to do: there are no records"
}

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
