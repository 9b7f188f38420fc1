package omezarr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/remote"
)

// Source adds the source of an input's samples, and the stage that gets their chunks.
func (in *Input) Source(n *component.Node) flow.Out[*data.Sample] {
	s := &source{Input: in, node: n, images: map[string]*described{}}
	if !in.Choice.Z.All() && !in.Choice.T.All() { // else samples are not known beforehand
		n.Graph.OnCut(n.Name, s.cut())
	}
	n.Graph.OnEnd(func() { in.Tell(func(text string) { n.Graph.Note(n.Name, text) }) })
	out := remote.Fetch(flow.Source(n.Graph, n.Stage(), s.run), n.Name, s.get)
	var names edges.PlaneNames
	for _, p := range in.planes {
		names = append(names, p.name)
	}
	out.Tell(names)
	return out
}

// source is an input that runs.
type source struct {
	*Input
	node  *component.Node
	first int64
	taken []string // keys, when others take the rest; nil: all

	mu     sync.Mutex
	images map[string]*described // whose samples are under way, by the names of their files
}

// listOnce lists the images, once for all units of a flow.
func (s *source) listOnce(ctx context.Context) ([]*image, error) {
	return component.Once(s.node, "zarr", func() ([]*image, error) { return s.list(ctx) })
}

func (s *source) run(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
	all, err := s.listOnce(ctx)
	if err != nil {
		return err
	}
	list := all
	if s.taken != nil {
		list = flow.Taken(all, s.taken, func(im *image) string { return im.key }, func(key string) *image {
			return &image{key: key, fault: errors.New("was there when the work was cut into units, and is not any more")}
		})
	}
	out.Expect(len(list))
	out.At(s.first)
	for l := range s.ahead(ctx, list) {
		if err := s.yield(l, out); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// looked is an image that has been looked at.
type looked struct {
	image *image
	found *described
	err   error
}

// ahead describes images in their order, several at a time.
func (s *source) ahead(ctx context.Context, list []*image) func(func(looked) bool) {
	return func(yield func(looked) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		var queue []chan looked
		defer func() {
			for _, q := range queue {
				<-q
			}
		}()
		defer stop() // before they are waited for
		for len(list) > 0 || len(queue) > 0 {
			for len(list) > 0 && len(queue) < atOnceStored {
				im, done := list[0], make(chan looked, 1)
				list, queue = list[1:], append(queue, done)
				go func() {
					l := looked{image: im}
					defer func() {
						if v := recover(); v != nil {
							l.err = fmt.Errorf("panic: %v", v)
						}
						done <- l
					}()
					l.found, l.err = s.describe(ctx, im)
				}()
			}
			l := <-queue[0]
			queue = queue[1:]
			if ctx.Err() != nil || !yield(l) {
				return
			}
		}
	}
}

// yield sends an image's samples on, or says why not.
func (s *source) yield(l looked, out *flow.Emitter[*data.Sample]) error {
	if l.err != nil {
		name := ""
		if l.image.root != nil {
			name = l.image.name()
		}
		return out.Fail(l.image.key, remote.Blame(data.File{Name: name}, l.err))
	}
	s.mu.Lock()
	s.images[l.found.name()] = l.found
	s.mu.Unlock()
	l.found.left.Store(int64(len(l.found.samples) * len(s.planes)))
	for _, one := range l.found.samples {
		if complete, err := out.CompleteFrom(one.key, one); err != nil {
			return err
		} else if complete {
			s.release(l.found, len(s.planes))
			continue
		}
		if err := out.Emit(one.key, &data.Sample{ID: one.key, Files: one.files}); err != nil {
			return err
		}
	}
	return nil
}

// release forgets an image once all files of its samples have been got.
func (s *source) release(d *described, files int) {
	if d.left.Add(-int64(files)) == 0 {
		s.mu.Lock()
		delete(s.images, d.name())
		s.mu.Unlock()
	}
}

// get reads a file of a sample. It is called once for each.
func (s *source) get(ctx context.Context, sample *data.Sample, f data.File) (data.File, error) {
	s.mu.Lock()
	of := s.images[f.Name]
	s.mu.Unlock()
	if of == nil {
		return f, fmt.Errorf("%s is of no sample that is under way", f.Name)
	}
	defer s.release(of, 1)
	for _, one := range of.samples {
		if one.key == sample.ID {
			f, err := one.plane(ctx, f.Channel)
			return f, within(err)
		}
	}
	return f, fmt.Errorf("%s is no sample of %s", sample.ID, f.Name)
}

// cut lets the images be shared out.
func (s *source) cut() *flow.Cut {
	return &flow.Cut{
		Names: func(ctx context.Context) ([]string, error) {
			list, err := s.listOnce(ctx)
			names := make([]string, len(list))
			for i, im := range list {
				names[i] = im.key
			}
			return names, err
		},
		Take: func(first int64, names []string) { s.first, s.taken = first, slices.Clone(names) },
		Origin: func(key string) (string, flow.Origin, bool) {
			d := s.find(key)
			if d == nil {
				return key, nil, false
			}
			return key, d.samples[0], true
		},
		Raw: s.raw,
	}
}

// find describes one image; nil: it can be none.
func (s *source) find(key string) *described {
	list, err := s.listOnce(context.Background())
	if err != nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(list, key, func(im *image, key string) int { return strings.Compare(im.key, key) })
	if !found {
		return nil
	}
	d, err := s.describe(context.Background(), list[i])
	if err != nil {
		return nil
	}
	return d
}

// looks is how many images are looked at for what one comes to.
const looks = 16

// raw is the largest of what some samples come to.
func (s *source) raw() (most int64) {
	list, err := s.listOnce(context.Background())
	if err != nil {
		return 0
	}
	n := min(looks, len(list))
	for l := range s.ahead(context.Background(), spaced(list, n)) {
		if l.err != nil {
			continue // a bad image is the run's to find
		}
		one := l.found.samples[0]
		depth := int64(2)
		if one.Array.Type.Size == 1 {
			depth = 1
		}
		most = max(most, int64(one.Width())*int64(one.Height())*int64(len(s.planes))*depth)
	}
	return most
}

// spaced are n of a list, evenly.
func spaced(list []*image, n int) (some []*image) {
	for i := range n {
		some = append(some, list[i*len(list)/n])
	}
	return some
}
