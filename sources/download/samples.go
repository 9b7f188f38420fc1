package download

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"hpaflow/data"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/sources/download/fetch"
	"hpaflow/sources/images"
)

// Samples are those of a server, which a source yields as they come.
type Samples struct {
	IDs     []string
	First   int64    // the number of the first
	Names   []string // of the channels
	Dir     string   // folder of ID_CHANNEL.png files of earlier runs, which are not got again; empty: none
	Workers int      // samples that are got at once
	Ordered bool     // whether they are yielded in their order
	GiveUp  int      // samples in a row without any answer, after which the server is down
	Client  *fetch.Client

	// Unfit says why a sample cannot be asked for; nil: all can.
	Unfit func(row int) error

	// Get brings the channels of a sample, or says why all of it fails. It is called
	// by many at once.
	Get func(ctx context.Context, row int) (*data.Channels, error)

	silent int // samples in a row without an answer
	keptMu sync.Mutex
	kept   map[string]bool // names of files in Dir
}

// Run hands samples out to workers and yields what they bring: as it comes, for in
// their order one slow file would hold up all others; or in their order, by which
// no more than twice as many as there are workers wait for the slowest.
func (s *Samples) Run(ctx context.Context, out *flow.Emitter[*data.Channels]) error {
	if err := s.findKept(); err != nil {
		return err
	}
	defer s.Client.Close()
	out.Expect(len(s.IDs))
	team := newTeam(ctx, s.Workers, s.Get)
	defer team.stop()
	var given []int           // rows that are to be yielded, in their order
	early := map[int]result{} // what came before its turn
	for next := 0; next < len(s.IDs) || team.busy > 0; {
		more := next < len(s.IDs) && (!s.Ordered || len(given) < 2*s.Workers)
		if more {
			passed, err := s.pass(next, out)
			if err != nil {
				return err
			}
			if passed {
				next++
				continue
			}
		}
		waited := out.Waiting()
		gave, done, err := team.turn(next, more)
		waited()
		switch {
		case err != nil:
			return err
		case gave && s.Ordered:
			given = append(given, next)
			next++
			continue
		case gave:
			next++
			continue
		case !s.Ordered:
			if err := s.yield(done, out); err != nil {
				return err
			}
			continue
		}
		early[done.row] = done
		for len(given) > 0 {
			first, came := early[given[0]]
			if !came {
				break
			}
			delete(early, given[0])
			given = given[1:]
			if err := s.yield(first, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// pass deals with a sample that there is nothing to get for.
func (s *Samples) pass(row int, out *flow.Emitter[*data.Channels]) (passed bool, err error) {
	id := s.IDs[row]
	out.At(s.First + int64(row))
	if out.Stale(id) {
		s.forget(id)
	}
	if out.Complete(id) {
		return true, nil
	}
	if s.Unfit != nil {
		if err := s.Unfit(row); err != nil {
			return true, out.Fail(id, err)
		}
	}
	return false, nil
}

// forget lets a sample's files be got again, those that are kept too.
func (s *Samples) forget(id string) {
	s.keptMu.Lock()
	defer s.keptMu.Unlock()
	for _, name := range s.Names {
		delete(s.kept, id+"_"+name+".png")
	}
}

// Kept is a channel that an earlier run has left.
func (s *Samples) Kept(id, channel string) (ch data.Channel, kept bool) {
	made := id + "_" + channel + ".png"
	s.keptMu.Lock()
	defer s.keptMu.Unlock()
	if !s.kept[made] {
		return data.Channel{}, false
	}
	return data.Channel{Name: channel, Kept: true, File: data.File{Name: filepath.Join(s.Dir, made), Channel: channel}}, true
}

func (s *Samples) yield(done result, out *flow.Emitter[*data.Channels]) error {
	out.At(s.First + int64(done.row))
	id, err := s.IDs[done.row], done.err
	if err == nil && len(done.sample.Missing()) == len(done.sample.List) {
		err = done.sample.Fault()
	}
	if s.silent++; answered(done) {
		s.silent = 0
	}
	if s.silent == s.GiveUp {
		return flow.Fatal(fmt.Errorf("%d samples in a row got no answer; the last, %s: %w", s.silent, id, err))
	}
	if err != nil {
		return out.Fail(id, err)
	}
	return out.Emit(id, done.sample)
}

// answered says that the server gave any answer, or was not asked.
func answered(done result) bool {
	if done.err != nil {
		return !errors.Is(done.err, fetch.ErrNoAnswer)
	}
	return slices.ContainsFunc(done.sample.List, func(ch data.Channel) bool { return !errors.Is(ch.Err, fetch.ErrNoAnswer) })
}

// findKept lists what earlier runs have made.
func (s *Samples) findKept() error {
	s.kept = map[string]bool{}
	if s.Dir == "" || place.Remote(s.Dir) { // in a store, units that are done are not done again
		return nil
	}
	names, err := images.ReadNames(s.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, name := range names {
		s.kept[name] = true
	}
	return err
}
