package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lease is a unit that this worker has, for as long as it says so.
type Lease struct {
	Unit     int
	Delivery int // how often it was handed out, this time included

	client *Client
	job    string
	msg    jetstream.Msg
	wait   time.Duration
}

// Take gets a unit of a job, if there is one within some time; else it is nil.
func (c *Client) Take(ctx context.Context, id string, within time.Duration) (*Lease, error) {
	consumer, err := c.js.Consumer(ctx, unitsStream, consumerName(id))
	if err != nil {
		return nil, forgotten(err)
	}
	var batch jetstream.MessageBatch
	if within > 0 {
		batch, err = consumer.Fetch(1, jetstream.FetchMaxWait(within))
	} else {
		batch, err = consumer.FetchNoWait(1)
	}
	if err != nil {
		return nil, forgotten(err)
	}
	if msg, some := <-batch.Messages(); some {
		about, err := msg.Metadata()
		if err != nil {
			return nil, err
		}
		return &Lease{unitOf(msg.Subject()), int(about.NumDelivered), c, id, msg, consumer.CachedInfo().Config.AckWait}, nil
	}
	if err := batch.Error(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, forgotten(err)
	}
	return nil, nil
}

// beats are how often in a lease a worker says that it is at it.
const beats = 4

// Keep says to the broker that the unit is being worked on, as long as moved
// gives another number every time, until stop is called. Where nothing moves, the
// lease runs out.
func (l *Lease) Keep(moved func() int64) (stop func()) {
	ended := make(chan struct{})
	go func() {
		ticks := time.NewTicker(l.wait / beats)
		defer ticks.Stop()
		for last := int64(-1); ; {
			select {
			case <-ended:
				return
			case <-ticks.C:
			}
			if now := moved(); now != last && !l.client.Away() {
				last = now
				l.msg.InProgress()
			}
		}
	}()
	return func() { close(ended) }
}

// Done acknowledges the unit, which is done as storage says, and waits until the
// broker has it. An error says that the unit may be handed out again.
func (l *Lease) Done(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	err := l.msg.DoubleAck(ctx)
	if errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		return nil
	}
	return err
}

// Back gives the unit back, for who asks after some time.
func (l *Lease) Back(after time.Duration) error { return l.msg.NakWithDelay(after) }

// Again queues the unit as if it had never been handed out: something was found
// out about it, so that it will go otherwise than before. If it should be lost
// between, whoever submitted it queues it again.
func (l *Lease) Again(ctx context.Context) error {
	if err := l.Done(ctx); err != nil {
		return err
	}
	_, err := l.client.Queue(ctx, l.job, []int{l.Unit})
	return err
}
