//go:build gpu && linux

package gpu

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/plan"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// Network predicts. On each card batches are computed one after the other, but
// the next ones go up meanwhile; batches are shared out among the cards.
type Network struct {
	options models.Options
	engines []*engine
	waiters []*cuda.Card // that wait for the engines' cards, so that these can take work
	chosen  *choices
	free    chan *seat

	loading sync.RWMutex // held for reading while batches are in flight
	closed  bool
}

// seat is what a batch in flight takes.
type seat struct {
	engine *engine
	waiter *cuda.Card
	slot   *slot
	result *result
}

// flightsOfCard is how many batches keep a card busy: one that is computed, one
// that goes up.
const flightsOfCard = 2

// newNetwork makes a network with initial weights on the backend's cards.
func (b *Backend) newNetwork(o models.Options, flights int) (n *Network, err error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if flights < 1 {
		return nil, fmt.Errorf("flights is %d, want at least 1", flights)
	}
	n = &Network{options: o, chosen: &choices{deterministic: b.deterministic}, free: make(chan *seat, flights)}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
			n = nil
		}
	}()
	cards := b.cards[:min(flights, len(b.cards))]
	for _, info := range cards {
		e, err := newEngine(info, n.chosen, func(free int64) (spec, error) {
			s := spec{options: o, precision: b.precision, slots: (flights + len(cards) - 1) / len(cards)}
			return s, s.plan(free, plan.Predict)
		})
		if err != nil {
			return n, err
		}
		n.engines = append(n.engines, e)
		waiter, err := cuda.OpenCard(info.Index)
		if err != nil {
			return n, err
		}
		n.waiters = append(n.waiters, waiter)
	}
	for i := range flights {
		s := &seat{engine: n.engines[i%len(cards)], waiter: n.waiters[i%len(cards)]}
		err := s.engine.do(func() (err error) {
			if s.slot, err = s.engine.newSlot(); err != nil {
				return err
			}
			s.result, err = s.engine.newResult(mostViews)
			return err
		})
		if err != nil {
			return n, err
		}
		n.free <- s
	}
	return n, n.set(initial(n.engines[0].params))
}

// set puts weights in place on every card.
func (n *Network) set(parameters, statistics flat) error {
	for _, e := range n.engines {
		if err := e.do(func() error { return e.setWeights(parameters, statistics) }); err != nil {
			return err
		}
	}
	return nil
}

// Load is Network.Load.
func (n *Network) Load(weights []models.Tensor) (*statedict.Fitted, error) {
	ps := n.engines[0].params
	names := network.ByName(n.options.Model).Names.Whole()
	list, report, err := statedict.Fit(outline(ps), weights, names)
	if err != nil {
		return nil, err
	}
	n.loading.Lock()
	defer n.loading.Unlock()
	return report, n.set(flats(ps, list))
}

// Predict is Network.Predict. It waits for a free flight.
func (n *Network) Predict(ctx context.Context, b *data.Batch, views ...pixel.Dihedral) ([]float32, error) {
	if err := n.options.CheckViews(b, views); err != nil {
		return nil, err
	}
	if len(views) == 0 {
		views = []pixel.Dihedral{pixel.Identity}
	}
	var s *seat
	select {
	case s = <-n.free:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { n.free <- s }()
	n.loading.RLock()
	defer n.loading.RUnlock()
	if n.closed {
		return nil, errClosed
	}
	var logits []float32
	for len(views) > 0 {
		some := views[:min(mostViews, len(views))]
		views = views[len(some):]
		more, err := s.predict(b, some)
		if err != nil {
			return nil, fmt.Errorf("predict: %w", err)
		}
		logits = append(logits, more...)
	}
	return logits, nil
}

// predict gives the card a batch, and waits for it elsewhere.
func (s *seat) predict(b *data.Batch, views []pixel.Dihedral) ([]float32, error) {
	e := s.engine
	err := e.do(func() error { return e.predict(s.slot, s.result, b, 0, b.N, views) })
	if err == nil {
		err = s.waiter.Do(s.result.done.Synchronize)
	}
	if err != nil {
		return nil, err
	}
	var logits []float32
	for v := range views {
		logits = append(logits, s.result.logits(v, e.options.Classes)...)
	}
	return logits, nil
}

// Choices are the algorithms that convolutions are computed by, as JSON. They
// are chosen now if no batch has been predicted yet.
func (n *Network) Choices() ([]byte, error) {
	for _, e := range n.engines {
		if err := e.do(e.choose); err != nil {
			return nil, err
		}
	}
	return n.chosen.encode()
}

// Choose takes over algorithms that Choices gave, so that the same card and
// cuDNN give the same bits; the note says if these are others. Batches in flight
// are waited for.
func (n *Network) Choose(text []byte) (note string, err error) {
	n.loading.Lock()
	defer n.loading.Unlock()
	var cards []string
	for _, e := range n.engines {
		cards = append(cards, e.card.Name)
	}
	if note, err = n.chosen.decode(text, cards); err != nil {
		return "", err
	}
	for _, e := range n.engines {
		if err := e.do(e.forget); err != nil {
			return "", err
		}
	}
	return note, nil
}

// Observe lets f hear of every operation of the first card from now on, each of
// which the card then does by itself; nil ends that.
func (n *Network) Observe(f models.Observer) {
	e := n.engines[0]
	// No error can come of it: nothing is done.
	_ = e.do(func() error { e.observe = f; return nil })
}

// Close is Network.Close. Batches in flight are waited for.
func (n *Network) Close() error {
	n.loading.Lock()
	defer n.loading.Unlock()
	if n.closed {
		return nil
	}
	n.closed = true
	var errs []error
	for _, w := range n.waiters {
		errs = append(errs, w.Close())
	}
	for _, e := range n.engines {
		errs = append(errs, e.close())
	}
	return errors.Join(errs...)
}
