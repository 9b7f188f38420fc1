package images

import (
	"fmt"

	"hpaflow/data"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources/images/balance"
	"hpaflow/sources/images/window"
)

// What `shuffle` may be.
const (
	unshuffled = "false"
	shuffled   = "true"
	windowed   = "window"
)

// epoch goes through the rows once.
func (s *samples) epoch(out *flow.Emitter[*data.Sample]) error {
	if s.share.World > 0 {
		return s.shared(out)
	}
	if s.shuffle == windowed {
		return s.windowed(out)
	}
	order := s.order(out.Epoch())
	key := s.keys(order)
	for at, i := range order {
		if s.first > 0 {
			out.At(s.first + int64(at))
		}
		if err := s.offer(key(at), s.rows[i], out); err != nil {
			return err
		}
	}
	return nil
}

// offer yields a row's sample, unless an earlier run is done with it.
func (s *samples) offer(key string, row table.Row, out *flow.Emitter[*data.Sample]) error {
	complete, err := out.CompleteFrom(key, s.images.origin(row.ID))
	if err != nil || complete {
		return err
	}
	return s.yield(key, row, out, func() ([]data.File, error) { return s.images.find(row.ID) })
}

// shared goes once through the rows that are this run's. They keep the numbers they
// have among all.
func (s *samples) shared(out *flow.Emitter[*data.Sample]) error {
	order, groups := s.order(out.Epoch()), s.share.Groups(len(s.rows))
	key := s.keys(order)
	all := (len(order) + s.share.Group - 1) / s.share.Group
	for _, group := range groups {
		from := group % all * s.share.Group
		for at, i := range order[from:min(from+s.share.Group, len(order))] {
			out.At(s.passed + int64(group*s.share.Group+at))
			if err := s.offer(key(from+at), s.rows[i], out); err != nil {
				return err
			}
		}
	}
	s.passed += int64(max(all, len(groups)*s.share.World) * s.share.Group)
	out.At(s.passed)
	return nil
}

// keys are the keys of an epoch's records, in its order.
func (s *samples) keys(order []int) func(at int) string {
	if s.balance == nil {
		return func(at int) string { return s.rows[order[at]].ID }
	}
	before, drawn := make([]int, len(order)), make([]int, len(s.rows))
	for at, i := range order {
		before[at] = drawn[i]
		drawn[i]++
	}
	return func(at int) string { return balance.Key(s.rows[order[at]].ID, before[at]) }
}

// order is the order of the rows in an epoch.
func (s *samples) order(epoch int) []int {
	if s.balance != nil {
		return s.balance.Order(s.seed, epoch)
	}
	if s.shuffle == shuffled {
		return flow.Rand(s.seed, epoch, "", "shuffle").Perm(len(s.rows))
	}
	list := make([]int, len(s.rows))
	for i := range list {
		list[i] = i
	}
	return list
}

// windowed goes through the rows from a window of open shards, which are read
// ahead.
func (s *samples) windowed(out *flow.Emitter[*data.Sample]) error {
	layout := s.layout()
	visits := layout.Epoch(s.window, flow.Rand(s.seed, out.Epoch(), "", "window"))
	type read struct {
		file data.File
		err  error
	}
	reader := window.NewReader(layout, visits, func(rows []int32) []read {
		list := make([]read, len(rows))
		ids := make([]string, len(rows))
		for i, row := range rows {
			ids[i] = s.rows[row].ID
		}
		folder, err := s.images.of(ids[0])
		if err != nil { // nor has any other row its image
			for i, id := range ids {
				_, list[i].err = s.images.of(id)
			}
			return list
		}
		files, faults := folder.packed.Stretch(ids)
		for i := range list {
			list[i] = read{files[i], faults[i]}
		}
		return list
	})
	defer reader.Close()
	for _, v := range visits {
		row := s.rows[v.Record]
		complete, err := out.CompleteFrom(row.ID, s.images.origin(row.ID))
		if err != nil {
			return err
		}
		if complete {
			reader.Skip()
			continue
		}
		if err := s.yield(row.ID, row, out, func() ([]data.File, error) {
			booked := out.Waiting()
			r := reader.Take()
			booked()
			return []data.File{r.file}, r.err
		}); err != nil {
			return err
		}
	}
	return nil
}

// layout is where the rows' frames are.
func (s *samples) layout() *window.Layout {
	places := make([]window.Place, len(s.rows))
	for i, row := range s.rows {
		for at, folder := range s.images {
			if !folder.has(row.ID) {
				continue
			}
			e, _ := folder.packed.Entry(row.ID)
			places[i] = window.Place{File: fmt.Sprintf("%d/%s", at, e.Shard), Offset: e.Offset, Length: e.Length}
			break
		}
	}
	return window.Cut(places)
}

// windowIdentity says what the order of epochs follows from, beside the seed.
func (s *samples) windowIdentity() (string, error) {
	return fmt.Sprintf("a window of %d over %s", s.window, s.layout()), nil
}

// allPacked refuses folders whose images are files of their own.
func (all imageFolders) allPacked() error {
	for _, f := range all {
		if f.packed == nil {
			return fmt.Errorf(`shuffle: a window is of shards, and %s holds a file an image; rgby-shards.flow makes shards, and shuffle = true takes both`, f.dir)
		}
	}
	return nil
}

// checkBalance refuses to draw what another order says.
func checkBalance(a component.Args) []component.FieldFault {
	if shuffle := a.String("shuffle"); a.Bool("balance") && shuffle != shuffled {
		return []component.FieldFault{{
			Field: "balance", Fault: fmt.Sprintf("draws the samples of an epoch from all of them, and shuffle = %q takes each once in an order of its own", shuffle),
			Hint: fmt.Sprintf("set shuffle = %q", shuffled),
		}}
	}
	return nil
}
