package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/flow"
	"hpaflow/flow/lang"
	"hpaflow/flow/streams"
)

// progress tells people how a run goes, on standard error: a bar on a
// terminal, a line every few seconds elsewhere, or nothing but faults.
type progress struct {
	out  io.Writer
	mode string // bar, plain, none

	brief   bool                // the closing line says enough
	named   func(string) string // puts names that people know into what stages say; nil: they have no others
	closing string              // what it says of a run that went well; empty: what the stages did

	graph *flow.Graph
	bars  *mpb.Progress
	bar   *mpb.Bar
	stop  func()

	paceMu sync.Mutex
	recent string // how fast it goes, for the bar

	mu    sync.Mutex
	told  map[string]int // messages printed, by sort
	quiet map[string]int // messages left out
}

const (
	plainEvery  = 5 * time.Second
	barEvery    = 250 * time.Millisecond
	paceOver    = 30 * time.Second // of which a pace is the mean
	mostOfASort = 20               // messages of one sort that are printed
)

func newProgress(mode string, out io.Writer) (*progress, error) {
	switch mode {
	case "auto":
		mode = "plain"
		if terminal.Moves(out) {
			mode = "bar"
		}
	case "plain", "none":
	default:
		return nil, fmt.Errorf("--progress is %q, want auto, plain or none", mode)
	}
	return &progress{out: out, mode: mode, stop: func() {}, told: map[string]int{}, quiet: map[string]int{}}, nil
}

func (p *progress) events() flow.Events {
	return flow.Events{
		Dead: func(d flow.DeadLetter) { p.tell("dead letters", d.String) },
		Skipped: func(stage, key, reason string) {
			p.tell("skipped records", func() string { return fmt.Sprintf("%s: skipped %s: %s", stage, key, reason) })
		},
		Noted: p.note,
	}
}

// note prints what a stage says of its own accord.
func (p *progress) note(stage, text string) {
	if p.named != nil {
		text = p.named(text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode != "none" {
		p.print(lang.SafeLines(stage + ": " + text))
	}
}

// tell prints a message of some sort, unless there were many of it.
func (p *progress) tell(sort string, message func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told[sort] == mostOfASort {
		p.quiet[sort]++
		return
	}
	p.told[sort]++
	p.print("hpaflow: " + lang.Safe(message()))
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
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.lastPace() })))
		every = barEvery
	}
	p.stop = streams.Follow(g.Stats, every, paceOver, p.show)
}

// show tells how it goes, from what was seen of the run in the last while.
func (p *progress) show(recent []flow.Stats) {
	first, last := recent[0], recent[len(recent)-1]
	if p.bar == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.print(lang.Safe(last.Flow) + ": " + pace(first, last))
		return
	}
	p.paceMu.Lock()
	p.recent = pace(first, last)
	p.paceMu.Unlock()
	out, total := last.Done()
	p.bar.SetTotal(max(total, out+1), false) // never complete before finish says so
	p.bar.SetCurrent(out)
}

func (p *progress) lastPace() string {
	p.paceMu.Lock()
	defer p.paceMu.Unlock()
	return p.recent
}

// pace is one line: how far, how fast since an earlier sample, how long, and
// what limits it.
func pace(since, s flow.Stats) string {
	out, total := s.Done()
	before, _ := since.Done()
	parts := []string{fmt.Sprintf("%d/%d", out, total)}
	if total == 0 {
		out, before = yielded(s), yielded(since)
		parts[0] = fmt.Sprint(out)
	}
	if len(since.Stages) != len(s.Stages) || since.Wall == s.Wall {
		since, before = flow.Stats{}, completed(s) // the first sample: since the start
	}
	if seconds := (s.Wall - since.Wall).Seconds(); s.Wall.Seconds() > 0.5 && out > before {
		rate := float64(out-before) / seconds
		parts = append(parts, fmt.Sprintf("%.1f/s", rate))
		if total > out {
			left := time.Duration(float64(total-out) / rate * float64(time.Second))
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

// yielded is how many records have come from sources that do not know how many
// they have.
func yielded(s flow.Stats) (n int64) {
	for _, st := range s.Stages {
		if st.Kind == flow.KindSource && !st.Letters {
			n += st.Out
		}
	}
	return n
}

// rest takes the bar down.
func (p *progress) rest() {
	p.stop()
	p.stop = func() {}
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
		p.bar, p.bars = nil, nil
	}
}

// finish takes the bar down and sums the run up.
func (p *progress) finish(s flow.Stats, cause error) {
	p.rest()
	p.mu.Lock()
	defer p.mu.Unlock()
	for sort, n := range p.quiet {
		p.print(fmt.Sprintf("hpaflow: and %d more %s", n, sort))
	}
	switch {
	case p.mode == "none":
	case p.closing != "" && cause == nil:
		fmt.Fprintf(p.out, "%s: %s\n", lang.Safe(s.Flow), p.closing)
	case p.brief && cause == nil && !didNothing(s):
		fmt.Fprintf(p.out, "%s: %s\n", lang.Safe(s.Flow), strings.Join(counts(s), ", "))
	default:
		summarise(p.out, s, cause)
	}
}
