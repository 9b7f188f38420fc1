package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"hpaflow/flow"
)

// Message is one of what those who follow a run are sent: how it stands, and the
// history from some point on.
type Message struct {
	State  State   `json:"state"`
	Every  float64 `json:"every_s"`
	From   int     `json:"from"` // of Points: those before are known
	Points []Point `json:"points"`
	Last   bool    `json:"last"` // the run has ended
}

// End is how a run has ended.
type End struct {
	Code  int    // of the program
	State string // done, failed or interrupted
	Cause string
}

// Finish says how the run has ended, to whoever follows it.
func (b *Board) Finish(e End) {
	b.mu.Lock()
	b.end = &e
	b.mu.Unlock()
	b.publish()
}

// State is how the run stands.
func (b *Board) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := State{
		Run: b.Run, Phase: Waiting, Number: b.number, Step: b.step, At: b.at, Resting: b.now == nil && b.number > 0,
		Process: processMemory(), Lost: b.lost.view(), Notes: append([]Note{}, b.notes...), Curves: []Curve{},
	}
	s.Steps, s.StepsOf = b.someSteps()
	if !b.began.IsZero() {
		s.Seconds = time.Since(b.began).Seconds()
	}
	for _, a := range b.ended {
		s.Letters += a.stats.DeadLetters
	}
	var now flow.Stats
	switch {
	case b.now != nil:
		now, s.Phase = unlisted(b.stats()), Running
		s.Letters += now.DeadLetters
	case len(b.ended) > 0:
		now, s.Phase = b.ended[len(b.ended)-1].stats, Running
	}
	b.ofFlow(&s, now)
	if e := b.end; e != nil {
		s.Phase, s.Code, s.Cause = e.State, e.Code, e.Cause
	}
	for _, c := range b.curves {
		copied := *c
		copied.Epochs = slices.Clone(c.Epochs)
		s.Curves = append(s.Curves, copied)
	}
	if b.Cluster != nil {
		s.Cluster = b.Cluster()
	}
	return s
}

// ofFlow says how the present flow stands.
func (b *Board) ofFlow(s *State, now flow.Stats) {
	recent := b.recent
	if recent.Flow != now.Flow || len(recent.Stages) != len(now.Stages) || b.now == nil {
		recent = now
	}
	s.Flow, s.Wall, s.Of = now.Flow, now.Wall.Seconds(), now.Cores
	s.Memory, s.Peak, s.Limit = now.Memory, now.MemoryPeak, now.MemoryLimit
	s.Stages = stages(now, recent)
	s.Graph = arranged(s.Stages)
	s.Final = b.now != nil && len(s.Stages) > 0 && !slices.ContainsFunc(s.Stages, func(st StageState) bool { return st.State != StageEnded })
	s.Overall = verdictOf(now)
	s.Now = verdictOf(recent)
	for i := range s.Stages {
		if b.now != nil && b.Eyes != nil {
			s.Stages[i].Shows = b.Eyes.Shows(b.now.Yields(s.Stages[i].Name))
		}
	}
	s.Out, _ = sample{stats: now}.out()
	_, s.Total = now.Done()
	s.Rate = b.rate
	if seconds := recent.Wall.Seconds(); seconds > 0 {
		s.Cores = recent.CPU.Seconds() / seconds
	}
	if b.now == nil || s.Rate == 0 {
		s.Rate = rateOf(sample{}, sample{stats: now})
	}
	if s.Rate > 0 && s.Total > s.Out && b.now != nil {
		s.Left = float64(s.Total-s.Out) / s.Rate
	}
}

// publish sends what is new to those who follow.
func (b *Board) publish() {
	b.mu.Lock()
	from, followed := b.changed, len(b.follows) > 0
	b.changed = len(b.history.Points)
	b.mu.Unlock()
	if !followed {
		return
	}
	text, last, err := b.message(from)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.follows {
		select {
		case c <- sent{text, last}:
		default: // it is slow: it begins anew
			delete(b.follows, c)
			close(c)
		}
	}
}

// sent is a Message as it is sent.
type sent struct {
	text []byte
	last bool
}

func (b *Board) message(from int) (text []byte, last bool, err error) {
	m := Message{State: b.State()}
	b.mu.Lock()
	from = min(from, len(b.history.Points))
	m.Every, m.From, m.Points, m.Last = b.history.Every, from, append([]Point{}, b.history.Points[from:]...), b.end != nil
	b.mu.Unlock()
	text, err = json.Marshal(m)
	return text, m.Last, err
}

// mostFollowers bound who follows a run at once.
const mostFollowers = 64

// events are server-sent: a Message a second.
func (b *Board) events(w http.ResponseWriter, r *http.Request) {
	mine := make(chan sent, 2)
	b.mu.Lock()
	full := len(b.follows) >= mostFollowers
	if !full {
		if b.follows == nil {
			b.follows = map[chan sent]bool{}
		}
		b.follows[mine] = true
	}
	b.mu.Unlock()
	if full {
		http.Error(w, fmt.Sprintf("%d others follow this run already", mostFollowers), http.StatusServiceUnavailable)
		return
	}
	defer func() {
		b.mu.Lock()
		delete(b.follows, mine)
		b.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	to := http.NewResponseController(w)
	send := func(text []byte) error {
		if err := to.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil {
			return err
		}
		return to.Flush()
	}
	text, last, err := b.message(0)
	for m := (sent{text, last}); err == nil; {
		if send(m.text) != nil || m.last {
			return
		}
		open := true
		select {
		case m, open = <-mine:
		case <-r.Context().Done():
			return
		}
		if !open {
			return
		}
	}
}
