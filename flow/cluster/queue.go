package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Queue puts units of a job into the queue, and says how many of them were not
// there yet.
func (c *Client) Queue(ctx context.Context, id string, units []int) (added int, err error) {
	type sent struct {
		unit int
		ack  jetstream.PubAckFuture
	}
	var faults []error
	settle := func(s sent) {
		select {
		case <-s.ack.Ok():
			added++
		case err := <-s.ack.Err():
			if !isQueued(err) {
				faults = append(faults, fmt.Errorf("unit %d: %w", s.unit, err))
			}
		case <-ctx.Done():
			faults = append(faults, context.Cause(ctx))
		}
	}
	var pending []sent
	for _, unit := range units {
		ack, err := c.js.PublishAsync(unitSubject(id, unit), []byte(strconv.Itoa(unit)))
		if err != nil {
			faults = append(faults, fmt.Errorf("unit %d: %w", unit, err))
			break
		}
		if pending = append(pending, sent{unit, ack}); len(pending) == maxPending/2 {
			settle(pending[0])
			pending = pending[1:]
		}
		if len(faults) > 0 {
			break
		}
	}
	for _, s := range pending {
		settle(s)
	}
	if len(faults) > 0 {
		return added, faults[0]
	}
	return added, nil
}

// isQueued says that a unit has its place in the queue already.
func isQueued(err error) bool {
	const perSubject jetstream.ErrorCode = 10077 // "maximum messages per subject exceeded"
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == perSubject
}

// ErrForgotten is that of a broker that does not know of a job.
var ErrForgotten = errors.New("the broker does not know of the job")

// Queued are the units of a job in the queue, those that workers are at and those
// that were handed out too often among them.
func (c *Client) Queued(ctx context.Context, id string) (map[int]bool, error) {
	stream, err := c.js.Stream(ctx, unitsStream)
	if err != nil {
		return nil, forgotten(err)
	}
	if _, err := stream.Consumer(ctx, consumerName(id)); err != nil {
		return nil, forgotten(err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(unitSubjects(id)))
	if err != nil {
		return nil, forgotten(err)
	}
	queued := make(map[int]bool, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		queued[unitOf(subject)] = true
	}
	return queued, nil
}

func forgotten(err error) error {
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) {
		return ErrForgotten
	}
	return err
}

// unitOf is the unit of a subject.
func unitOf(subject string) int {
	unit, _ := strconv.Atoi(subject[strings.LastIndexByte(subject, '.')+1:])
	return unit
}

// Counts are how things stand with a job's queue.
type Counts struct {
	Waiting     int // for a worker
	InFlight    int // leased
	Redelivered int // of those in flight, not for the first time
}

// Counts asks how things stand.
func (c *Client) Counts(ctx context.Context, id string) (Counts, error) {
	consumer, err := c.js.Consumer(ctx, unitsStream, consumerName(id))
	if err != nil {
		return Counts{}, forgotten(err)
	}
	info := consumer.CachedInfo()
	return Counts{Waiting: int(info.NumPending), InFlight: info.NumAckPending, Redelivered: info.NumRedelivered}, nil
}

// Dead are the units of a job that were handed out too often.
func (c *Client) Dead(ctx context.Context, id string) ([]int, error) {
	var list []int
	err := c.eachDead(ctx, id, func(unit int, _, _ uint64) error {
		list = append(list, unit)
		return nil
	})
	slices.Sort(list)
	return slices.Compact(list), err
}

// eachDead goes through the advisories about a job. One whose message is not
// there any more, since a late worker has acknowledged it, is passed by.
func (c *Client) eachDead(ctx context.Context, id string, visit func(unit int, message, advisory uint64) error) error {
	dead, err := c.js.Stream(ctx, deadStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	units, err := c.js.Stream(ctx, unitsStream)
	if err != nil {
		return forgotten(err)
	}
	for next := uint64(1); ; next++ {
		m, err := dead.GetMsg(ctx, next, jetstream.WithGetMsgSubject(deadSubject(id)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		next = m.Sequence
		var about struct {
			Seq uint64 `json:"stream_seq"`
		}
		if err := json.Unmarshal(m.Data, &about); err != nil {
			continue
		}
		unit, err := units.GetMsg(ctx, about.Seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := visit(unitOf(unit.Subject), about.Seq, m.Sequence); err != nil {
			return err
		}
	}
}

// Retry queues units of a job anew that were handed out too often, and says how
// many.
func (c *Client) Retry(ctx context.Context, id string) (n int, err error) {
	dead, err := c.js.Stream(ctx, deadStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	units, err := c.js.Stream(ctx, unitsStream)
	if err != nil {
		return 0, forgotten(err)
	}
	err = c.eachDead(ctx, id, func(unit int, message, advisory uint64) error {
		if err := units.DeleteMsg(ctx, message); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
		if _, err := c.Queue(ctx, id, []int{unit}); err != nil {
			return err
		}
		n++
		return dead.DeleteMsg(ctx, advisory)
	})
	return n, err
}
