package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// HeldError is the one of a place in a store that another has.
type HeldError struct {
	URL   string
	Owner string
	Until time.Time // when it ends, unless its owner lives and renews it
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("another run is writing to %s (%s); if it has died, the place is free after %s", e.URL, e.Owner, e.Until.Local().Format(time.TimeOnly))
}

// Hold keeps a place in a store to one process, as a lock keeps a folder. It needs
// nothing of the store but IfAbsent: holds are numbered objects, and who makes the
// next number has the place. So a hold that ran out is taken over by one of those who
// see it, though all do at once; and a former owner that wakes up late finds the next
// number there. The clocks of machines may differ by as long as a hold lasts.
type Hold struct {
	s      Store
	prefix string
	number int64
	about  holding
	lasts  time.Duration
	stop   context.CancelFunc
	ended  chan struct{}
}

// holding is what the object of a hold has.
type holding struct {
	Owner string    `json:"owner"`
	Until time.Time `json:"until"` // zero: it was given back
}

// mostHolding bounds what is read as one.
const mostHolding = 1 << 16

// Take takes hold of a place: objects below the prefix, which nothing else is below. It
// is renewed until Release, and the context it gives ends when that could not be done
// in time, or another has taken it over.
func Take(ctx context.Context, s Store, prefix, owner string, lasts time.Duration) (context.Context, *Hold, error) {
	h := &Hold{s: s, prefix: prefix, lasts: lasts, about: holding{Owner: owner}, ended: make(chan struct{})}
	for o, err := range s.List(ctx, ListOptions{Prefix: prefix}) {
		if err != nil {
			return nil, nil, err
		}
		if n, err := strconv.ParseInt(strings.TrimPrefix(o.Key, prefix), 10, 64); err == nil {
			h.number = max(h.number, n)
		}
	}
	if h.number > 0 {
		was, err := h.read(ctx, h.number)
		if err != nil && !errors.Is(err, ErrNotExist) {
			return nil, nil, err
		}
		if err == nil && time.Now().Before(was.Until.Add(lasts)) && !was.Until.IsZero() {
			return nil, nil, h.held(was)
		}
	}
	h.number++
	h.about.Until = time.Now().Add(lasts)
	if err := h.write(ctx, CreateOptions{IfAbsent: true}); errors.Is(err, ErrExist) {
		by, err := h.read(ctx, h.number)
		return nil, nil, errors.Join(h.held(by), err)
	} else if err != nil {
		return nil, nil, err
	}
	held, lost := context.WithCancelCause(ctx)
	renewing, stop := context.WithCancel(held)
	h.stop = stop
	go h.renew(renewing, lost)
	return held, h, nil
}

func (h *Hold) held(by holding) error {
	return &HeldError{h.s.URL(""), by.Owner, by.Until.Add(h.lasts)}
}

// key is that of a number, below the prefix.
func (h *Hold) key(number int64) string { return h.prefix + fmt.Sprintf("%012d", number) }

func (h *Hold) read(ctx context.Context, number int64) (by holding, err error) {
	b, _, err := ReadAll(ctx, h.s, h.key(number), mostHolding)
	if err == nil {
		err = json.Unmarshal(b, &by)
	}
	return by, err
}

func (h *Hold) write(ctx context.Context, o CreateOptions) error {
	b, err := json.Marshal(h.about)
	if err == nil {
		_, err = Put(ctx, h.s, h.key(h.number), b, o)
	}
	return err
}

// renew does so three times as often as is needed.
func (h *Hold) renew(ctx context.Context, lost context.CancelCauseFunc) {
	defer close(h.ended)
	tick := time.NewTicker(h.lasts / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limited, cancel := context.WithDeadline(ctx, h.about.Until)
		err := h.next(limited)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errTaken) || err != nil && !time.Now().Before(h.about.Until):
			lost(fmt.Errorf("%s: this run no longer has the place to itself: %w", h.s.URL(""), err))
			return
		}
	}
}

var errTaken = errors.New("another has taken it over")

// next renews the hold, unless another has the next number.
func (h *Hold) next(ctx context.Context) error {
	_, err := h.s.Stat(ctx, h.key(h.number+1))
	switch {
	case err == nil:
		return errTaken
	case !errors.Is(err, ErrNotExist):
		return err
	}
	was := h.about.Until
	h.about.Until = time.Now().Add(h.lasts)
	if err := h.write(ctx, CreateOptions{}); err != nil {
		h.about.Until = was
		return err
	}
	return nil
}

// Release gives the place back. The object of the hold stays, since its number is
// taken; those before it go.
func (h *Hold) Release(ctx context.Context) error {
	h.stop()
	<-h.ended
	h.about.Until = time.Time{}
	err := h.write(ctx, CreateOptions{})
	for n := h.number - 1; n > 0; n-- {
		if _, is := h.s.Stat(ctx, h.key(n)); is != nil {
			break
		}
		err = errors.Join(err, h.s.Delete(ctx, h.key(n)))
	}
	return err
}
