package view

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"hpaflow/cmd/hpaflow/view/inputs"
	"hpaflow/cmd/hpaflow/view/tiles"
	"hpaflow/data"
	"hpaflow/data/corrections"
	"hpaflow/data/view"
	"hpaflow/flow/component"
)

// options are what a server shows, and by what.
type options struct {
	Found       []*inputs.Input
	Registry    *component.Registry
	Classes     int
	Names       data.Names
	Corrections string // empty: one that was found, or corrections.csv
	Cache       int64
}

// server is what is shown, and the requests for it.
type server struct {
	token   string
	index   *view.Index
	loader  *inputs.Loader
	tiles   *tiles.Store
	loaded  atomic.Bool
	changes *changes
	room    chan struct{} // for requests at once
}

// mostAtOnce is how many requests are answered at once; the others wait, and are refused
// when too many do.
const mostAtOnce = 64

func newServer(o options) (*server, error) {
	s := &server{
		token: rand.Text(),
		index: &view.Index{Classes: o.Classes, LabelNames: o.Names},
		room:  make(chan struct{}, mostAtOnce),
	}
	s.loader = &inputs.Loader{Index: s.index, Registry: o.Registry}
	s.loader.Begin(o.Found)
	s.tiles = tiles.New(func(ctx context.Context, input, image int) (*data.Sample, error) {
		in, ok := s.loader.Input(input)
		if !ok {
			return nil, errors.New("there is no such image")
		}
		return in.Sample(ctx, image)
	}, o.Cache)
	file := o.Corrections
	if file == "" {
		file = s.loader.Corrections
	}
	if file == "" {
		file = "corrections.csv"
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	s.changes = &changes{path: file, index: s.index, log: corrections.Empty()}
	if err := s.changes.refresh(); err != nil {
		return nil, fmt.Errorf("--corrections: %w", err)
	}
	return s, nil
}

func (s *server) load(ctx context.Context) {
	s.loader.Load(ctx)
	s.changes.again()
	s.loaded.Store(true)
}

func (s *server) close() {
	for i := 0; ; i++ {
		in, ok := s.loader.Input(i)
		if !ok {
			return
		}
		in.Close() // opened for reading: nothing can be lost
	}
}

// changes is the file of corrections, and what of it the index has.
type changes struct {
	path  string
	index *view.Index

	mu   sync.Mutex
	log  *corrections.Log
	size int64
	time time.Time
}

// refresh reads the file if it is another than when it was last read, as when a second
// page, or a program, has written to it.
func (c *changes) refresh() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

func (c *changes) read() error {
	info, err := os.Stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		if len(c.log.Changes) > 0 {
			c.apply(corrections.Empty())
		}
		c.size = 0
		return nil
	}
	if err != nil {
		return err
	}
	if info.Size() == c.size && info.ModTime().Equal(c.time) {
		return nil
	}
	log, err := corrections.Read(c.path, c.index.Classes, 0)
	if err != nil {
		return err
	}
	c.size, c.time = info.Size(), info.ModTime()
	c.apply(log)
	return nil
}

func (c *changes) apply(log *corrections.Log) {
	before := c.log
	c.log = log
	c.index.Update(func() { inputs.Correct(c.index, before, log) })
}

// again applies what is known to rows that have come since.
func (c *changes) again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.apply(c.log)
}

// add appends a change, and shows it.
func (c *changes) add(change corrections.Change) (corrections.Change, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	made, err := corrections.Append(c.path, c.index.Classes, change)
	if err != nil {
		return change, err
	}
	return made[0], c.read()
}

// count is how many changes there are.
func (c *changes) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.log.Changes)
}
