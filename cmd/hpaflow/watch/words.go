package watch

import (
	"fmt"
	"strings"
	"time"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// line is a state as one line.
func line(s live.State) string {
	name := s.Run
	if s.Step != "" {
		name += " " + s.Step
	} else if name == "" {
		name = s.Flow
	}
	parts := []string{phase(s)}
	if c, on := clusterLine(s.Cluster); on {
		parts = append(parts, c)
	} else if s.Number > 0 {
		parts = append(parts, progress(s)...)
		if v := verdict(s); v != nil {
			parts = append(parts, "limited by "+v.Stage)
		}
	}
	if s.Letters > 0 {
		parts = append(parts, fmt.Sprintf("%d dead letters", s.Letters))
	}
	if s.Cause != "" {
		parts = append(parts, s.Cause)
	}
	return lang.Safe(name + ": " + strings.Join(parts, ", "))
}

func phase(s live.State) string {
	if s.Phase == live.Waiting && s.Cluster != nil {
		return live.Running
	}
	if s.Final && !over(s) {
		return "putting results in place"
	}
	return s.Phase
}

func over(s live.State) bool {
	return s.Phase == live.Done || s.Phase == live.Failed || s.Phase == live.Interrupted
}

// verdict is the recent one while the run goes on, and else that of all of it.
func verdict(s live.State) *live.Verdict {
	if over(s) || s.Resting || s.Now == nil {
		return s.Overall
	}
	return s.Now
}

// progress says how far it is, how fast, and how long.
func progress(s live.State) []string {
	parts := []string{fmt.Sprint(s.Out)}
	if s.Total > 0 {
		parts[0] = fmt.Sprintf("%d/%d", s.Out, s.Total)
	}
	parts = append(parts, rate(s.Rate))
	if s.Left > 0 && !over(s) {
		parts = append(parts, "about "+span(s.Left)+" left")
	}
	return parts
}

func rate(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f/s", v)
	}
	return fmt.Sprintf("%.1f/s", v)
}

func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return d.Round(100 * time.Millisecond).String()
	}
	text := d.Round(time.Second).String()
	if minutes, whole := strings.CutSuffix(text, "m0s"); whole {
		return minutes + "m"
	}
	return text
}

func size(n int64) string { return component.FormatSize(n) }

// clusterLine tells of a run that workers of a cluster do.
func clusterLine(cluster any) (string, bool) {
	c, is := cluster.(map[string]any)
	if !is {
		return "", false
	}
	number := func(name string) float64 { n, _ := c[name].(float64); return n }
	text := fmt.Sprintf("%.0f/%.0f units, %.0f in flight, %.2f units/s", number("done"), number("units"), number("in_flight"), number("units_per_s"))
	if left := number("left_s"); left > 0 {
		text += ", about " + span(left) + " left"
	}
	return text, true
}
