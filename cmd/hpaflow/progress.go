package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"hpaflow/flow"
	"hpaflow/flow/lang"
)

// progress tells people how a run goes, on standard error: a bar on a
// terminal, a line every few seconds elsewhere, or nothing but faults.
type progress struct {
	out  io.Writer
	mode string // bar, plain, none

	brief bool // the closing line says enough

	graph *flow.Graph
	bars  *mpb.Progress
	bar   *mpb.Bar
	stop  chan struct{}
	done  sync.WaitGroup

	mu    sync.Mutex
	told  map[string]int // messages printed, by sort
	quiet map[string]int // messages left out
}

const (
	plainEvery  = 5 * time.Second
	barEvery    = 100 * time.Millisecond
	mostOfASort = 20 // messages of one sort that are printed
)

func newProgress(mode string, out io.Writer) (*progress, error) {
	switch mode {
	case "auto":
		mode = "plain"
		if moves(out) {
			mode = "bar"
		}
	case "plain", "none":
	default:
		return nil, fmt.Errorf("--progress is %q, want auto, plain or none", mode)
	}
	return &progress{out: out, mode: mode, stop: make(chan struct{}), told: map[string]int{}, quiet: map[string]int{}}, nil
}

func (p *progress) events() flow.Events {
	return flow.Events{
		Dead: func(d flow.DeadLetter) { p.tell("dead letters", "hpaflow: "+lang.Safe(d.String())) },
		Skipped: func(stage, key, reason string) {
			p.tell("skipped records", lang.Safe(fmt.Sprintf("hpaflow: %s: skipped %s: %s", stage, key, reason)))
		},
		Noted: p.note,
	}
}

// note prints what a stage says of its own accord.
func (p *progress) note(stage, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode != "none" {
		p.print(lang.SafeLines(stage + ": " + text))
	}
}

// tell prints a message of some sort, unless there were many of it.
func (p *progress) tell(sort, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told[sort] == mostOfASort {
		p.quiet[sort]++
		return
	}
	p.told[sort]++
	p.print(message)
}

func (p *progress) print(line string) {
	if p.bars != nil {
		fmt.Fprintln(p.bars, line) // above the bar
		return
	}
	fmt.Fprintln(p.out, line)
}

func (p *progress) start(g *flow.Graph) {
	p.graph = g
	every := plainEvery
	switch p.mode {
	case "none":
		return
	case "bar":
		p.bars = mpb.New(mpb.WithOutput(p.out), mpb.WithWidth(40), mpb.WithAutoRefresh())
		p.bar = p.bars.New(0, mpb.BarStyle().Rbound("]").Lbound("["),
			mpb.PrependDecorators(decor.Name(lang.Safe(g.Options().Name)+" ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + pace(p.graph.Stats()) })))
		every = barEvery
	}
	p.done.Go(func() { p.follow(every) })
}

func (p *progress) follow(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
		}
		s := p.graph.Stats()
		if p.bar == nil {
			p.print(lang.Safe(s.Flow) + ": " + pace(s))
			continue
		}
		passed, total := through(s)
		p.bar.SetTotal(max(total, passed+1), false) // never complete before finish says so
		p.bar.SetCurrent(passed)
	}
}

// through is how many records the sources have gone through, and of how many;
// the second is 0 when a source does not know.
func through(s flow.Stats) (passed, total int64) {
	for _, st := range s.Stages {
		if st.Kind != flow.KindSource || st.Total == 0 {
			continue
		}
		passed += st.Out + st.Complete + st.Skipped + st.Errors
		total += st.Total
	}
	return passed, total
}

// pace is one line: how far, how fast, how long, and what limits it.
func pace(s flow.Stats) string {
	passed, total := through(s)
	if total == 0 {
		for _, st := range s.Stages {
			if st.Kind == flow.KindSource {
				passed += st.Out
			}
		}
	}
	parts := []string{fmt.Sprint(passed)}
	if total > 0 {
		parts[0] = fmt.Sprintf("%d/%d", passed, total)
	}
	now := passed - completed(s) // those of earlier runs cost nothing
	if seconds := s.Wall.Seconds(); seconds > 0.5 && now > 0 {
		rate := float64(now) / seconds
		parts = append(parts, fmt.Sprintf("%.1f/s", rate))
		if total > passed {
			left := time.Duration(float64(total-passed) / rate * float64(time.Second))
			parts = append(parts, "about "+left.Round(time.Second).String()+" left")
		}
	}
	if b, ok := s.Bottleneck(); ok {
		parts = append(parts, "limited by "+b.Stage)
	}
	if s.DeadLetters > 0 {
		parts = append(parts, fmt.Sprintf("%d dead letters", s.DeadLetters))
	}
	return strings.Join(parts, ", ")
}

// finish takes the bar down and sums the run up.
func (p *progress) finish(s flow.Stats, cause error) {
	close(p.stop)
	p.done.Wait()
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
		p.bars = nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for sort, n := range p.quiet {
		p.print(fmt.Sprintf("hpaflow: and %d more %s", n, sort))
	}
	switch {
	case p.mode == "none":
	case p.brief && cause == nil && !nothingToDo(s):
		fmt.Fprintf(p.out, "%s: %s\n", lang.Safe(s.Flow), strings.Join(counts(s), ", "))
	default:
		summarise(p.out, s, cause)
	}
}
