package live

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"hpaflow/flow"
)

// Eyes know the values that travel on edges.
type Eyes interface {
	// Shows says what can be seen of values of a type: Pictures, Values or nothing.
	Shows(reflect.Type) string

	// Copy takes of a value what is to be shown, quickly: its stage waits. What takes
	// longer is done by the function that it gives.
	Copy(value any) func() Seen

	// Trains says that values of a type may be epochs of training, and Epochs gives
	// those that one knows of, the last one last.
	Trains(reflect.Type) bool
	Epochs(value any) []Epoch
}

// What can be seen of what a stage yields.
const (
	Pictures = "pictures"
	Values   = "values"
)

// Seen is a value as people see it.
type Seen struct {
	Text string
	PNG  []byte // nil: there is no picture
}

// item is what has been seen of a stage's output.
type item struct {
	Number int       `json:"n"`
	Key    string    `json:"key"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
	Has    bool      `json:"picture"`
	png    []byte
}

// Bounds of what is shown of what passes. A stage is held up for a copy at most so
// often, and only while somebody asks.
const (
	lookEvery   = 700 * time.Millisecond
	lookWaits   = 2 * time.Second
	mostSeen    = 12
	mostWatched = 4 // outputs
)

// looked is what has been seen of the outputs that are looked at.
type looked struct {
	mu   sync.Mutex
	list []*output
	next int
}

// output is one stage's.
type output struct {
	flow  int
	stage string
	asked time.Time
	items []item
	waits atomic.Int64 // which of the graphs somebody looks at; 0: none
	got   chan caught  // what that one has seen
}

// of is the output of a stage, in the place of the one that was asked for longest
// ago.
func (l *looked) of(number int, stage string) *output {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, o := range l.list {
		if o.flow == number && o.stage == stage {
			l.list = append(append(l.list[:i:i], l.list[i+1:]...), o)
			return o
		}
	}
	o := &output{flow: number, stage: stage, got: make(chan caught, 1)}
	l.list = append(l.list, o)
	l.list = l.list[max(0, len(l.list)-mostWatched):]
	return o
}

// seen are the items of an output, the last one first, and whether it may be looked
// at again.
func (l *looked) seen(o *output) (items []item, due bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if due = time.Since(o.asked) >= lookEvery; due {
		o.asked = time.Now()
	}
	items = []item{}
	for i := range o.items {
		items = append(items, o.items[len(o.items)-1-i])
	}
	return items, due
}

func (l *looked) add(o *output, key string, s Seen) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	o.items = append(o.items, item{l.next, short(key), short(s.Text), time.Now(), s.PNG != nil, s.PNG})
	o.items = append([]item{}, o.items[max(0, len(o.items)-mostSeen):]...)
}

// caught is what a stage has copied for who looks at it.
type caught struct {
	key    string
	finish func() Seen
}

// peek waits for the next value that a stage yields, and keeps what is to be seen of
// it. The stage itself only copies. There is one look at an output of a graph at a
// time: the next one to ask gets what comes when this one has stopped waiting. Of a
// graph that has ended, such as that of the unit before, nothing comes.
func (b *Board) peek(ctx context.Context, g *flow.Graph, graph int64, o *output) {
	if o.waits.Swap(graph) != graph {
		g.Look(o.stage, func(key string, value any) bool {
			select {
			case o.got <- caught{key, b.copied(value)}:
			default: // what came before has not been taken yet
			}
			return false
		})
	}
	select {
	case c := <-o.got:
		o.waits.CompareAndSwap(graph, 0)
		b.looked.add(o, c.key, finished(c.finish))
	case <-time.After(lookWaits):
	case <-ctx.Done():
	}
}

// copied does not let a run fail for what nobody can show.
func (b *Board) copied(value any) (finish func() Seen) {
	defer func() {
		if fault := recover(); fault != nil {
			finish = func() Seen { return unseen(fault) }
		}
	}()
	return b.Eyes.Copy(value)
}

func finished(finish func() Seen) (s Seen) {
	defer func() {
		if fault := recover(); fault != nil {
			s = unseen(fault)
		}
	}()
	return finish()
}

func unseen(fault any) Seen { return Seen{Text: fmt.Sprint("it cannot be shown: ", fault)} }

// look answers with what was seen last of what a stage of the present flow yields.
func (b *Board) look(w http.ResponseWriter, r *http.Request) {
	stage := r.FormValue("stage")
	b.mu.Lock()
	g, number, graph := b.now, b.number, b.graphs
	b.mu.Unlock()
	o := b.looked.of(number, stage)
	items, due := b.looked.seen(o)
	if g != nil && b.Eyes != nil && b.Eyes.Shows(g.Yields(stage)) != "" && due {
		b.peek(r.Context(), g, graph, o)
		items, _ = b.looked.seen(o)
	}
	text, err := json.Marshal(map[string]any{"flow": number, "stage": stage, "items": items})
	answer(w, text, err)
}

// picture answers with one of the pictures that look names.
func (b *Board) picture(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("number"))
	var png []byte
	b.looked.mu.Lock()
	for _, o := range b.looked.list {
		for _, i := range o.items {
			if i.Number == number && err == nil {
				png = i.png
			}
		}
	}
	b.looked.mu.Unlock()
	if png == nil {
		http.Error(w, "this picture is gone, or never was", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(png))
}

// followScores draws the curves of what trains in a graph. A unit after another
// belongs to the same flow.
func (b *Board) followScores(g *flow.Graph, number int, step string) {
	if b.Eyes == nil {
		return
	}
	for _, s := range g.Stats().Stages {
		if t := g.Yields(s.Name); t == nil || !b.Eyes.Trains(t) {
			continue
		}
		curve := &Curve{Flow: number, Step: step, Stage: s.Name, Epochs: []Epoch{}}
		b.mu.Lock()
		b.curves = append(b.curves, curve)
		b.curves = append([]*Curve{}, b.curves[max(0, len(b.curves)-mostCurves):]...)
		b.mu.Unlock()
		g.Look(s.Name, func(_ string, value any) bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, e := range b.Eyes.Epochs(value) {
				if n := len(curve.Epochs); n == 0 || e.Epoch > curve.Epochs[n-1].Epoch {
					curve.add(e)
				}
			}
			return true
		})
	}
}
