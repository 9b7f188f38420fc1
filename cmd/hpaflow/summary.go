package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// summarise writes what a run did: a table of its stages, the bottleneck, and
// one line that counts.
func summarise(w io.Writer, s flow.Stats, cause error) {
	if nothingToDo(s) && cause == nil {
		fmt.Fprintf(w, "%s: nothing to do: all %d records are complete\n", lang.Safe(s.Flow), completed(s))
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
	if all == 0 {
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

// nothingToDo says that every source found all of its records complete.
func nothingToDo(s flow.Stats) bool {
	for _, st := range s.Stages {
		if st.Kind == flow.KindSource && (st.Out > 0 || st.Errors > 0 || st.Skipped > 0) {
			return false
		}
	}
	return completed(s) > 0
}
