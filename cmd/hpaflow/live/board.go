package live

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"

	"hpaflow/flow"
)

// Board is what a run shows to those who look at it from outside: the flow
// that runs now, and the last counters of those before it, one for each step.
type Board struct {
	Cluster func() any // what there is to say of a cluster that the run is on, as JSON; nil: it is on none

	mu    sync.Mutex
	ended []account
	now   *flow.Graph // nil: between two steps
	step  string      // its name in the metrics
	at    string      // and for people
}

// account is what a flow has counted, and as which step.
type account struct {
	step  string
	stats flow.Stats
}

// Follow shows a graph from now on.
func (b *Board) Follow(g *flow.Graph, step string, at []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now, b.step, b.at = g, step, strings.Join(at, "; ")
}

// Rest keeps what the graph has counted; there may be another.
func (b *Board) Rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil { // others have done the work
		return
	}
	b.ended = append(b.ended, account{b.step, b.now.Stats()})
	b.now = nil
}

// accounts are those of all flows so far, the present one last.
func (b *Board) accounts() []account {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := append([]account{}, b.ended...)
	if b.now != nil {
		all = append(all, account{b.step, b.now.Stats()})
	}
	return all
}

// report is the JSON that the page reads: the report of the flow, so far or of
// the last one, with where it stands among steps and whether it has ended. It
// is an empty object before the first flow has begun.
func (b *Board) report() ([]byte, error) {
	b.mu.Lock()
	at, ended := b.at, b.now == nil
	b.mu.Unlock()
	fields := map[string]any{}
	if all := b.accounts(); len(all) > 0 {
		last := all[len(all)-1]
		var text bytes.Buffer
		if err := last.stats.WriteReport(&text, nil); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text.Bytes(), &fields); err != nil {
			return nil, err
		}
		fields["step"], fields["at"], fields["ended"] = last.step, at, ended
	}
	if b.Cluster != nil {
		fields["cluster"] = b.Cluster()
	}
	return json.Marshal(fields)
}
