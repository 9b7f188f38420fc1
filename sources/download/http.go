package download

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"hpaflow/data"
	"hpaflow/data/place"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/download/fetch"
	"hpaflow/sources/images"
)

func httpSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "http",
		Doc: "The channel images of a table's samples from a server: BASE/PLATE/REST_CHANNEL.jpg, where an Id is PLATE_REST, cut at " +
			"its first _. Images that are in a folder already are taken from there. Samples come as they arrive. What may help is " +
			"tried again: after growing waits, as late as the server asks. A sample some of whose channels never came is passed " +
			"on with the others.",
		Out: edges.Channels,
		Fields: []component.Field{
			{Name: "table", Type: component.InputFile, Bears: component.ByRecord, Doc: "CSV with Id: the samples to get"},
			{Name: "base_url", Type: component.String, Bears: component.NoBearing, Doc: "address of the folder of plates, http or https"},
			{Name: "channels", Type: component.Strings, Default: data.Colours[:], Doc: "the channels of a sample, in plane order; at most 4"},
			{Name: "dir", Type: component.OutputDir, Default: "", Doc: "folder of ID_CHANNEL.png files of earlier runs, which are not got again; empty: none"},
			{Name: "workers", Type: component.Int, Bears: component.NoBearing, Default: 24, Min: 1, Max: 1024, Doc: "samples got at once; the channels of one are got one after the other"},
			{Name: "per_host", Type: component.Int, Bears: component.NoBearing, Default: 24, Min: 1, Max: 1024, Doc: "connections to one host at once"},
			{Name: "tries", Type: component.Int, Bears: component.NoBearing, Default: 5, Min: 1, Max: 100, Doc: "of one file, at most"},
			{Name: "give_up", Type: component.Int, Bears: component.NoBearing, Default: 24, Min: 1, Max: 1 << 20, Doc: "samples in a row that get no answer at all, after which the run fails: the server is down"},
			{Name: "timeout", Type: component.Duration, Default: fetchDefaults.Timeout, Doc: "time for one try, to the last byte"},
			{Name: "idle", Type: component.Duration, Default: fetchDefaults.Idle, Doc: "longest silence within a try"},
			{Name: "wait", Type: component.Duration, Default: fetchDefaults.Wait, Doc: "before the second try; doubles with each, half of it at random"},
			{Name: "max_wait", Type: component.Duration, Default: fetchDefaults.MaxWait, Doc: "cap on every wait, also on one that the server asks for"},
			{Name: "max_bytes", Type: component.Size, Bears: component.NoBearing, Default: fetchDefaults.MaxBytes, Doc: "a larger file is refused; WORKERS times CHANNELS of them may be in memory"},
		},
		Check: func(a component.Args) (faults []component.FieldFault) {
			if n := len(a.Strings("channels")); n < 1 || n > data.MaxPlanes {
				faults = append(faults, component.FieldFault{Field: "channels", Fault: "a sample has one to four channels"})
			}
			if u, err := url.Parse(a.String("base_url")); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				faults = append(faults, component.FieldFault{Field: "base_url", Fault: fmt.Sprintf("%q is no http or https address", a.String("base_url"))})
			}
			for name := range map[string]bool{"timeout": true, "idle": true, "wait": true, "max_wait": true} {
				if a.Duration(name) <= 0 {
					faults = append(faults, component.FieldFault{Field: name, Fault: "must be more than nothing"})
				}
			}
			if a.Size("max_bytes") <= 0 {
				faults = append(faults, component.FieldFault{Field: "max_bytes", Fault: "must be more than nothing"})
			}
			return faults
		},
		Build: buildHTTP,
	}
}

var fetchDefaults = func() (o fetch.Options) {
	o.EnsureDefaults()
	return o
}()

func buildHTTP(n *component.Node) (component.Output, error) {
	a := n.Args
	rows, err := component.Once(n, "rows", func() ([]table.Row, error) {
		return table.Limit(n.Limits().MaxRows).Read(a.String("table"), data.MaxClasses)
	})
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(a.String("base_url"))
	if err != nil {
		return nil, err
	}
	client, err := fetch.New(fetch.Options{
		PerHost: a.Int("per_host"), Tries: a.Int("tries"), Timeout: a.Duration("timeout"), Idle: a.Duration("idle"),
		Wait: a.Duration("wait"), MaxWait: a.Duration("max_wait"), MaxBytes: a.Size("max_bytes"), Check: wholeJPEG,
	})
	if err != nil {
		return nil, err
	}
	s := &remote{rows: rows, base: base, channels: a.Strings("channels"), dir: a.String("dir"), workers: a.Int("workers"), giveUp: a.Int("give_up"), client: client}
	n.Graph.OnCut(n.Name, &flow.Cut{
		Names: func(context.Context) ([]string, error) {
			ids := make([]string, len(s.rows))
			for i, r := range s.rows {
				ids[i] = r.ID
			}
			return ids, nil
		},
		Take: func(first int64, ids []string) { // an Id is all that it takes to get a sample
			s.first, s.rows = first, make([]table.Row, len(ids))
			for i, id := range ids {
				s.rows[i].ID = id
			}
		},
	})
	return flow.Source(n.Graph, n.Stage(), s.run), nil
}

// remote is the samples on a server.
type remote struct {
	rows     []table.Row
	first    int64 // the number of the first row
	base     *url.URL
	channels []string
	dir      string
	workers  int
	giveUp   int
	client   *fetch.Client
	silent   int // samples in a row without an answer
	keptMu   sync.Mutex
	kept     map[string]bool // names of files in dir
}

// run hands rows out to workers and yields what they bring, as it comes: in
// the table's order, one slow file would hold up all others.
func (s *remote) run(ctx context.Context, out *flow.Emitter[*data.Channels]) error {
	if err := s.findKept(); err != nil {
		return err
	}
	defer s.client.Close()
	out.Expect(len(s.rows))
	team := newTeam(ctx, s.workers, s.get)
	defer team.stop()
	for next := 0; next < len(s.rows) || team.busy > 0; {
		if next < len(s.rows) {
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
		gave, done, err := team.turn(next, next < len(s.rows))
		waited()
		switch {
		case err != nil:
			return err
		case gave:
			next++
		default:
			if err := s.yield(done, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// pass deals with a row that there is nothing to get for.
func (s *remote) pass(row int, out *flow.Emitter[*data.Channels]) (passed bool, err error) {
	id := s.rows[row].ID
	out.At(s.first + int64(row))
	if out.Stale(id) {
		s.forget(id)
	}
	if out.Complete(id) {
		return true, nil
	}
	if _, _, ok := cutID(id); !ok {
		return true, out.Fail(id, errors.New("is no Id of the form PLATE_REST"))
	}
	return false, nil
}

// forget lets a sample's files be got again, those that are kept too.
func (s *remote) forget(id string) {
	s.keptMu.Lock()
	defer s.keptMu.Unlock()
	for _, name := range s.channels {
		delete(s.kept, id+"_"+name+".png")
	}
}

// isKept says whether an earlier run has left a file.
func (s *remote) isKept(name string) bool {
	s.keptMu.Lock()
	defer s.keptMu.Unlock()
	return s.kept[name]
}

func (s *remote) yield(done result, out *flow.Emitter[*data.Channels]) error {
	out.At(s.first + int64(done.row))
	if done.err != nil {
		return out.Fail(s.rows[done.row].ID, done.err)
	}
	if s.silent++; answered(done.sample) {
		s.silent = 0
	}
	if s.silent == s.giveUp {
		return flow.Fatal(fmt.Errorf("%d samples in a row got no answer; the last, %s: %w", s.silent, done.sample.ID, done.sample.Fault()))
	}
	if missing := done.sample.Missing(); len(missing) == len(done.sample.List) {
		return out.Fail(done.sample.ID, done.sample.Fault())
	}
	return out.Emit(done.sample.ID, done.sample)
}

// answered says that the server gave any answer, or was not asked.
func answered(sample *data.Channels) bool {
	return slices.ContainsFunc(sample.List, func(ch data.Channel) bool { return !errors.Is(ch.Err, fetch.ErrNoAnswer) })
}

// findKept lists what earlier runs have made.
func (s *remote) findKept() error {
	s.kept = map[string]bool{}
	if s.dir == "" || place.Remote(s.dir) { // in a store, units that are done are not done again
		return nil
	}
	names, err := images.ReadNames(s.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, name := range names {
		s.kept[name] = true
	}
	return err
}

// get brings the channels of a row; it runs in a worker.
func (s *remote) get(ctx context.Context, row int) *data.Channels {
	id := s.rows[row].ID
	sample := &data.Channels{ID: id, List: make([]data.Channel, len(s.channels))}
	plate, rest, _ := cutID(id)
	for i, name := range s.channels {
		ch := &sample.List[i]
		ch.Name = name
		made := id + "_" + name + ".png"
		if s.isKept(made) {
			ch.Kept, ch.File = true, data.File{Name: filepath.Join(s.dir, made), Channel: name}
			continue
		}
		address := s.base.JoinPath(plate, rest+"_"+name+".jpg").String()
		ch.File = data.File{Name: address, Channel: name}
		ch.File.Data, ch.Err = s.client.Get(ctx, address)
	}
	return sample
}

// cutID cuts an Id into plate and rest.
func cutID(id string) (plate, rest string, ok bool) {
	plate, rest, ok = strings.Cut(id, "_")
	return plate, rest, ok && plate != "" && rest != "" && !strings.Contains(id, "/")
}
