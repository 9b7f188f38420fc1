package live

import "time"

// Point is what a run did over a span of its time.
type Point struct {
	At      float64   `json:"at"`             // seconds since the run began, at the span's end
	Span    float64   `json:"span"`           // seconds
	Flow    int       `json:"flow"`           // which of the run's flows, from 1
	Rate    float64   `json:"rate"`           // records a second that came out
	Memory  int64     `json:"memory"`         // bytes in flight, the most that was seen
	Process int64     `json:"process"`        // bytes of the process, the most that was seen
	Cores   float64   `json:"cores"`          // processors that were busy
	Queues  []float64 `json:"queues"`         // by stage of that flow: how full the way to it was, 0..1
	Busy    []float64 `json:"busy,omitempty"` // by stage: share of its workers' time
}

// mostPoints bound a history. What a page draws is narrower.
const mostPoints = 720

// History is what a run did since it began, a point a second at first. When there
// are too many points, pairs are joined, so that a run of days takes no more memory
// than one of minutes, and still shows all of it.
type History struct {
	Every  float64 `json:"every_s"` // a point is of this span, or less where a flow ends
	Points []Point `json:"points"`
}

// add appends a point. It gives the number of the first point that is new or has
// changed.
func (h *History) add(p Point) (from int) {
	if h.Every == 0 {
		h.Every = sampleEvery.Seconds()
	}
	if n := len(h.Points); n > 0 {
		if last := &h.Points[n-1]; last.Flow == p.Flow && last.Span+p.Span <= 1.01*h.Every {
			*last = last.with(p)
			return n - 1
		}
	}
	h.Points = append(h.Points, p)
	from = len(h.Points) - 1
	for ; len(h.Points) > mostPoints; from = 0 {
		h.Every *= 2
		h.join(func(a, b Point) bool { return a.Flow == b.Flow && a.Span+b.Span <= 1.01*h.Every })
		if len(h.Points) > mostPoints*3/4 { // many short flows
			h.join(func(a, b Point) bool { return a.Span+b.Span <= 1.01*h.Every })
		}
	}
	return from
}

// join makes one of neighbours that are to be.
func (h *History) join(are func(a, b Point) bool) {
	joined := h.Points[:0]
	for _, p := range h.Points {
		if n := len(joined); n > 0 && are(joined[n-1], p) {
			joined[n-1] = joined[n-1].with(p)
			continue
		}
		joined = append(joined, p)
	}
	clear(h.Points[len(joined):])
	h.Points = joined
}

// with is a point and the next one together. Of two flows it shows the queues of
// the later one.
func (p Point) with(next Point) Point {
	whole := max(p.Span+next.Span, time.Nanosecond.Seconds())
	mean := func(a, b float64) float64 { return (a*p.Span + b*next.Span) / whole }
	out := next
	out.Span = p.Span + next.Span
	out.Rate, out.Cores = mean(p.Rate, next.Rate), mean(p.Cores, next.Cores)
	out.Memory, out.Process = max(p.Memory, next.Memory), max(p.Process, next.Process)
	if p.Flow == next.Flow && len(p.Queues) == len(next.Queues) {
		out.Queues, out.Busy = make([]float64, len(p.Queues)), make([]float64, len(p.Queues))
		for i := range p.Queues {
			out.Queues[i], out.Busy[i] = mean(p.Queues[i], next.Queues[i]), mean(p.Busy[i], next.Busy[i])
		}
	}
	return out
}
