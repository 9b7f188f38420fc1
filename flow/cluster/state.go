package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
)

// State is what a worker says of itself. It goes to whoever listens, and may get
// lost: nothing depends on it but what people see.
type State struct {
	Worker string `json:"worker"`
	Host   string `json:"host"`
	Job    string `json:"job,omitempty"` // that it works on
	Unit   int    `json:"unit"`          // -1: none

	Delivery int       `json:"delivery,omitempty"`
	Since    time.Time `json:"since,omitzero"`    // when it began the unit
	Records  int64     `json:"records,omitempty"` // of the unit, so far
	Of       int64     `json:"of,omitempty"`

	Done    Tally  `json:"done"` // since it started
	Trouble string `json:"trouble,omitempty"`
	Gone    bool   `json:"gone,omitempty"` // this is its last word
}

// Tally counts what a worker has done.
type Tally struct {
	Units       int   `json:"units"`
	Records     int64 `json:"records"`
	Failed      int   `json:"failed"`       // units, each time
	DeadLetters int   `json:"dead_letters"` // records
	Redelivered int   `json:"redelivered"`  // units that it got after others
	Found       int   `json:"found"`        // of those, done already
	Met         int   `json:"met"`          // files that another had published already, with the same bytes
}

// Plus adds up what two have done.
func (t Tally) Plus(o Tally) Tally {
	return Tally{t.Units + o.Units, t.Records + o.Records, t.Failed + o.Failed, t.DeadLetters + o.DeadLetters, t.Redelivered + o.Redelivered, t.Found + o.Found, t.Met + o.Met}
}

const (
	stateSubject = "hpaflow.state"
	whoSubject   = "hpaflow.who"
	cancelled    = "hpaflow.cancelled"
)

// Tell says how this worker stands.
func (c *Client) Tell(s State) {
	if text, err := json.Marshal(s); err == nil && !c.Away() {
		c.nc.Publish(stateSubject, text)
	}
}

// Flush waits until what was told is on its way.
func (c *Client) Flush() { c.nc.FlushTimeout(time.Second) }

// Answer tells how this worker stands whenever somebody asks.
func (c *Client) Answer(state func() State) error {
	_, err := c.nc.Subscribe(whoSubject, func(m *nats.Msg) {
		if text, err := json.Marshal(state()); err == nil {
			m.Respond(text)
		}
	})
	return err
}

// Listen hears what workers say of themselves.
func (c *Client) Listen(heard func(State)) error {
	_, err := c.nc.Subscribe(stateSubject, func(m *nats.Msg) {
		var s State
		if json.Unmarshal(m.Data, &s) == nil {
			heard(s)
		}
	})
	return err
}

// Who asks who is there, and listens to answers for some time.
func (c *Client) Who(ctx context.Context, patience time.Duration) ([]State, error) {
	inbox := c.nc.NewInbox()
	sub, err := c.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer sub.Unsubscribe()
	if err := c.nc.PublishRequest(whoSubject, inbox, nil); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var all []State
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return all, nil
		}
		var s State
		if json.Unmarshal(m.Data, &s) == nil && s.Worker != "" {
			all = append(all, s)
		}
	}
}

// Cancel takes a job off the broker, and tells those who are at it.
func (c *Client) Cancel(ctx context.Context, id string) error {
	err := c.Remove(ctx, id)
	return errors.Join(err, c.nc.Publish(cancelled, []byte(id)), c.nc.FlushTimeout(askPatience))
}

// Cancelled hears of jobs that are cancelled.
func (c *Client) Cancelled(heard func(id string)) error {
	_, err := c.nc.Subscribe(cancelled, func(m *nats.Msg) { heard(string(m.Data)) })
	return err
}
