// Command engine measures hpaflow's engine beside go-streams and rill, on
// small records and large ones. It is a module of its own, so that the peers
// stay out of hpaflow's go.mod.
//
//	cd bench/engine && go run . -runs 5
//
// Every engine does each case in turn, as often as -runs says, and the table
// gives medians: microseconds, allocations and peak memory. Absolute times
// drift with the machine; the ratios within one run are what counts. Order is
// checked on what a timed run yields; whether an error is told, on a run in
// which one record fails.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"text/tabwriter"
)

func main() {
	runs := flag.Int("runs", 5, "timed runs of each case and engine; medians are given")
	scale := flag.Float64("scale", 1, "records, as a multiple of what the cases have")
	chosen := flag.String("case", "", "only the cases that match this pattern")
	profile := flag.String("cpuprofile", "", "write a processor profile here")
	flag.Parse()
	pattern, err := regexp.Compile(*chosen)
	if err != nil {
		fail(err)
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			fail(err)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			fail(err)
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Printf("%d processors, %s, medians of %d runs\n\n", runtime.GOMAXPROCS(0), runtime.Version(), *runs)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "case\tengine\tus/record\tallocs/record\tpeak MB\tordered\terror told\t\n")
	for _, c := range cases() {
		if pattern.MatchString(c.name) {
			c.records = max(1, int(*scale*float64(c.records)))
			compare(table, c, *runs)
		}
	}
	if err := latency(table); err != nil {
		fail(err)
	}
	if err := table.Flush(); err != nil {
		fail(err)
	}
}

// compare runs one case on every engine, in turn, so that a slow minute of the
// machine falls on all of them, and each is the first as often as the others.
func compare(table *tabwriter.Writer, c workload, runs int) {
	list := engines()
	taken := make([][]measure, len(list))
	for first := range runs {
		for n := range list {
			i := (first + n) % len(list)
			taken[i] = append(taken[i], timed(list[i].run, c))
		}
	}
	for i, e := range list {
		m := medians(taken[i])
		fmt.Fprintf(table, "%s\t%s\t%.2f\t%.2f\t%.1f\t%s\t%s\t\n", c.name, e.name, m.micros, m.allocs, m.peak,
			yes(m.ordered), yes(tellsError(e.run, c)))
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "engine:", err)
	os.Exit(1)
}
