package omezarr

import (
	"context"
	"fmt"
	"sync"

	"hpaflow/data"
	"hpaflow/flow"
)

// Found says whether there is an OME-Zarr at a path, or a folder of several.
func Found(ctx context.Context, path string) (bool, error) {
	list, err := find(ctx, path)
	return list != nil, err
}

// Catalog is the images of an input by their keys, for sources that take some of them in
// an order of their own. It is safe for concurrent use.
type Catalog struct {
	in     *Input
	images map[string]*image

	mu    sync.Mutex
	known map[string]*known // whose files are being got
	size  int64             // of a file, as the last was
}

// known is an image that is described once for all of its files.
type known struct {
	once  sync.Once
	found *oneOf
	err   error
	left  int // files that have not been got
}

// Catalog lists the input, of which each image is one sample.
func (in *Input) Catalog(ctx context.Context) (*Catalog, error) {
	list, err := in.list(ctx)
	if err != nil {
		return nil, err
	}
	c := &Catalog{in: in, images: make(map[string]*image, len(list)), known: map[string]*known{}}
	for _, im := range list {
		c.images[im.key] = im
	}
	return c, nil
}

// Keys are those of all images, in no order.
func (c *Catalog) Keys(yield func(key string) bool) {
	for key := range c.images {
		if !yield(key) {
			return
		}
	}
}

// Tell says at the end of a run what was found.
func (c *Catalog) Tell(note func(string)) { c.in.Tell(note) }

// Has says whether there is an image of a key.
func (c *Catalog) Has(key string) bool { return c.images[key] != nil }

// Files are a sample's, without their bytes, which Get gets.
func (c *Catalog) Files(key string) ([]data.File, error) {
	im := c.images[key]
	if im == nil {
		return nil, fmt.Errorf("%s is not in %s", key, c.in.Path)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	files := make([]data.File, len(c.in.planes))
	for i, p := range c.in.planes {
		files[i] = data.File{Name: im.name(), Channel: p.name, Size: c.size}
	}
	return files, nil
}

// describe finds the one sample of an image.
func (c *Catalog) describe(ctx context.Context, key string) (*oneOf, error) {
	im := c.images[key]
	if im == nil {
		return nil, fmt.Errorf("%s is not in %s", key, c.in.Path)
	}
	d, err := c.in.describe(ctx, im)
	if err != nil {
		return nil, err
	}
	return d.samples[0], nil
}

// Get reads the bytes of a file of a sample. It is called once for each of its files.
func (c *Catalog) Get(ctx context.Context, key string, f data.File) (data.File, error) {
	c.mu.Lock()
	k := c.known[key]
	if k == nil {
		k = &known{left: len(c.in.planes)}
		c.known[key] = k
	}
	if k.left--; k.left == 0 {
		delete(c.known, key)
	}
	c.mu.Unlock()
	k.once.Do(func() { k.found, k.err = c.describe(ctx, key) })
	if k.err != nil {
		return f, k.err
	}
	c.mu.Lock()
	c.size = k.found.bytes()
	c.mu.Unlock()
	got, err := k.found.plane(ctx, f.Channel)
	return got, within(err)
}

// Origin is what a sample is made from.
func (c *Catalog) Origin(key string) flow.Origin { return origin{c, key} }

type origin struct {
	catalog *Catalog
	key     string
}

// Shortcut is of the files of chunks.
func (o origin) Shortcut() uint64 {
	s, err := o.catalog.describe(context.Background(), o.key)
	if err != nil {
		return 0
	}
	return s.Shortcut()
}

// Digest reads the chunks.
func (o origin) Digest() (uint64, error) {
	s, err := o.catalog.describe(context.Background(), o.key)
	if err != nil {
		return 0, err
	}
	return s.Digest()
}
