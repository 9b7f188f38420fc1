package watch

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/flow/lang"
)

// screen draws the whole picture anew, on a terminal's other screen: what was on
// the terminal before is there again after, with the last line below it.
type screen struct {
	out     io.Writer
	size    func() (width, height int)
	colours bool
	opened  bool
	last    live.State
	points  []live.Point
}

func newScreen(out io.Writer, file *os.File, colours bool) *screen {
	return &screen{out: out, colours: colours, size: func() (int, int) {
		w, h, err := term.GetSize(int(file.Fd()))
		if err != nil {
			return 80, 24
		}
		return w, h
	}}
}

// Escape sequences of terminals.
const (
	otherScreen = "\x1b[?1049h\x1b[?25l" // and no cursor
	ownScreen   = "\x1b[?1049l\x1b[?25h"
	home        = "\x1b[H"
	restOfLine  = "\x1b[K"
	restOfAll   = "\x1b[J"
)

func (s *screen) show(state live.State, points []live.Point) error {
	s.last, s.points = state, points
	return s.draw("")
}

func (s *screen) away(err error, left time.Duration) error {
	return s.draw(fmt.Sprintf("the run does not answer: %v; tried again for %s", err, left.Round(time.Second)))
}

func (s *screen) close(last *live.State) error {
	text := ""
	if s.opened {
		text = ownScreen
	}
	if last != nil {
		text += line(*last) + "\n"
	}
	_, err := io.WriteString(s.out, text)
	return err
}

func (s *screen) draw(trouble string) error {
	var b bytes.Buffer
	if !s.opened {
		b.WriteString(otherScreen)
		s.opened = true
	}
	b.WriteString(home)
	width, height := s.size()
	p := &picture{width: width, colours: s.colours}
	if trouble != "" {
		p.styled(bold, lang.Safe(trouble))
	}
	p.state(s.last, s.points)
	for i, l := range p.lines[:min(len(p.lines), max(1, height))] {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l + restOfLine)
	}
	b.WriteString(restOfAll)
	_, err := s.out.Write(b.Bytes())
	return err
}

// picture is lines of text that fit a width.
type picture struct {
	width   int
	colours bool
	lines   []string
}

// Styles of a line.
const (
	plain   = ""
	bold    = "\x1b[1m"
	faint   = "\x1b[2m"
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	blue    = "\x1b[34m"
	noStyle = "\x1b[0m"
)

func (p *picture) styled(style, text string) {
	text = runewidth.Truncate(text, p.width, "…")
	if style != plain && p.colours {
		text = style + text + noStyle
	}
	p.lines = append(p.lines, text)
}

func (p *picture) add(format string, args ...any) {
	p.styled(plain, lang.Safe(fmt.Sprintf(format, args...)))
}

func (p *picture) state(s live.State, points []live.Point) {
	name := s.Run
	if s.Flow != "" && s.Flow != name {
		name += " · " + s.Flow
	}
	p.styled(bold, lang.Safe(fmt.Sprintf("%s  %s  %s", name, phase(s), span(s.Seconds))))
	if s.At != "" {
		p.styled(faint, lang.Safe(s.At))
	}
	if s.Cause != "" {
		p.styled(red, lang.Safe(s.Cause))
	}
	if text, on := clusterLine(s.Cluster); on {
		p.add("%s", text)
		return
	}
	if s.Number == 0 {
		return
	}
	if s.Total > 0 {
		p.add("%s %s", bar(min(40, p.width/3), float64(s.Out)/float64(s.Total), '█', '·'), strings.Join(progress(s), ", "))
	} else {
		p.add("%s", strings.Join(progress(s), ", "))
	}
	p.add("%s of %s in flight, process %s, %.1f of %d cores, %d dead letters", size(s.Memory), size(s.Limit), size(s.Process), s.Cores, s.Of, s.Letters)
	limit := verdict(s)
	if limit != nil {
		p.styled(yellow, lang.Safe("bottleneck: "+limit.Advice))
	}
	p.history(points)
	p.stages(s, limit)
	p.steps(s.Steps, s.StepsOf)
	p.training(s.Curves)
	p.lost(s.Lost)
	p.notes(s.Notes)
}

// history is the rate over the run, in as many columns as there are.
func (p *picture) history(points []live.Point) {
	room := min(60, p.width-30)
	if len(points) < 2 || room < 10 {
		return
	}
	end := points[len(points)-1].At
	columns := make([]float64, room)
	most := 0.0
	for _, pt := range points {
		from, to := int((pt.At-pt.Span)/end*float64(room)), int(math.Ceil(pt.At/end*float64(room)))
		for c := max(0, from); c < min(room, to); c++ {
			columns[c] = max(columns[c], pt.Rate)
		}
		most = max(most, pt.Rate)
	}
	marks := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range columns {
		b.WriteRune(marks[min(len(marks)-1, int(v/max(most, 1e-9)*float64(len(marks))))])
	}
	p.add("%s %s at most, %s", b.String(), rate(most), span(end))
}

func (p *picture) stages(s live.State, limit *live.Verdict) {
	p.lines = append(p.lines, "")
	longest := 8
	for _, st := range s.Stages {
		longest = max(longest, min(28, runewidth.StringWidth(st.Name)))
	}
	p.styled(faint, fmt.Sprintf("  %-*s  %-13s %-12s %10s %11s %3s", longest, "stage", "now", "its time", "rate", "queue", "by"))
	for _, st := range s.Stages {
		mark, style := " ", plain
		if limit != nil && limit.Stage == st.Name {
			mark, style = ">", bold
		}
		queue := "-"
		if st.Room > 0 {
			queue = fmt.Sprintf("%d/%d", st.Queued, st.Room)
		}
		name := runewidth.FillRight(runewidth.Truncate(lang.Safe(st.Name), longest, "…"), longest)
		text := fmt.Sprintf("%s %s  %-13s %s %10s %11s %3d", mark, name, state(st), shares(st), rate(st.Rate), queue, st.Workers)
		if st.Errors > 0 {
			text += fmt.Sprintf("  %d failed", st.Errors)
		}
		if st.Device != nil {
			text += fmt.Sprintf("  %s %.0f%% busy", lang.Safe(st.Device.Name), 100*st.Device.Busy)
		}
		p.styled(style, text)
	}
}

// state is what a stage does most, as a word and a share.
func state(s live.StageState) string {
	share := map[string]float64{live.StageBusy: s.Busy, live.StageBlocked: s.Blocked, live.StageStarved: s.Starved, live.StageOutside: max(s.Outside, s.Starved)}
	if v, is := share[s.State]; is {
		return fmt.Sprintf("%s %.0f%%", s.State, 100*v)
	}
	return s.State
}

// shares are how a stage's workers spend their time: busy, blocked, and starved.
func shares(s live.StageState) string {
	const columns = 12
	busy, blocked := int(math.Round(columns*s.Busy)), int(math.Round(columns*s.Blocked))
	busy, blocked = min(busy, columns), min(blocked, columns-min(busy, columns))
	return strings.Repeat("█", busy) + strings.Repeat("▒", blocked) + strings.Repeat("·", columns-busy-blocked)
}

func bar(columns int, share float64, full, empty rune) string {
	n := int(math.Round(float64(columns) * min(1, max(0, share))))
	return strings.Repeat(string(full), n) + strings.Repeat(string(empty), max(0, columns-n))
}

func (p *picture) steps(list []live.StepState, of [2]int) {
	if len(list) == 0 {
		return
	}
	from := 0
	for i, s := range list {
		if s.State != live.Waiting {
			from = max(0, i-1)
		}
	}
	p.lines = append(p.lines, "")
	p.styled(faint, fmt.Sprintf("steps: %d of %d done", of[0], of[1]))
	const shown = 6
	from = max(0, min(from, len(list)-shown))
	for _, s := range list[from:min(len(list), from+shown)] {
		style := map[string]string{live.Done: green, live.Running: blue, live.Failed: red}[s.State]
		text := "  " + s.Name + ": " + s.State
		if s.Wall > 0 {
			text += fmt.Sprintf(", %s, %d records", span(s.Wall), s.Records)
		}
		p.styled(style, lang.Safe(text))
	}
}

func (p *picture) training(curves []live.Curve) {
	for i := len(curves) - 1; i >= 0; i-- {
		c := curves[i]
		if len(c.Epochs) == 0 {
			continue
		}
		e := c.Epochs[len(c.Epochs)-1]
		text := fmt.Sprintf("epoch %d: training loss %.4f", e.Epoch, e.Train.Loss)
		if e.Val != nil {
			text += fmt.Sprintf(", validation loss %.4f, F1 %.4f, over labels that occur %.4f", e.Val.Loss, e.Val.F1, e.Val.Present)
		}
		p.lines = append(p.lines, "")
		p.add("%s", text)
		return
	}
}

func (p *picture) lost(list []live.Lost) {
	if len(list) == 0 {
		return
	}
	p.lines = append(p.lines, "")
	p.styled(faint, "dead letters and skipped records")
	for _, l := range list[:min(len(list), 5)] {
		skipped := ""
		if l.Skipped {
			skipped = " (skipped)"
		}
		p.add("  %d × %s%s: %s", l.Count, l.Stage, skipped, l.Cause)
	}
}

func (p *picture) notes(list []live.Note) {
	if len(list) == 0 {
		return
	}
	p.lines = append(p.lines, "")
	for _, n := range list[max(0, len(list)-4):] {
		p.add("%s  %s: %s", span(n.At), n.Stage, n.Text)
	}
}
