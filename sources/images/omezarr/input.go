package omezarr

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/codec"
	"hpaflow/data/place"
	"hpaflow/data/store"
	"hpaflow/data/zarr"
	"hpaflow/data/zarr/ome"
	"hpaflow/flow/component"
)

// Options say what is read.
type Options struct {
	Path     string
	Channels []string // planes in their order: NAME, or NAME=VALUE with what the channel is called, or its number
	Level    string
	Choice   codec.Choice // of slices and times
	Limits   component.Limits
	Note     func(text string)
}

// LevelField is the field of sources that read OME-Zarr.
var LevelField = component.Field{Name: "level", Type: component.String, Default: "0", Check: func(v any) error {
	if v.(string) == "" {
		return fmt.Errorf("is empty; 0 is the largest level")
	}
	return nil
}, Doc: `of OME-Zarr: which level of images is read, by its number, 0 being the largest, or by its path`}

// Input is one OME-Zarr, or a folder of several.
type Input struct {
	Options
	planes []plane
	roots  []*root

	notes
}

// plane is one of a sample's, and what its channel is called.
type plane struct{ name, value string }

// root is an OME-Zarr.
type root struct {
	name    string // that keys begin with
	path    string
	store   store.Store
	fetcher *zarr.Fetcher
	marks   marking
}

// marking is how it is known whether a file of chunks has changed, without reading it.
type marking int

const (
	unmarked marking = iota // nothing tells
	stated                  // each file is asked for its size and time
	listed                  // a listing tells of many
)

// atOnce is how many files of chunks are read at a time.
const (
	atOnceHere   = 16
	atOnceStored = 64
)

// Open finds the OME-Zarr at a path, or those in the folder that it is, which have names
// in .zarr; nil if there is none. A folder of a store is not searched.
func Open(ctx context.Context, o Options) (*Input, error) {
	in := &Input{Options: o}
	for _, c := range o.Channels {
		name, value, found := strings.Cut(c, "=")
		if !found {
			value = name
		}
		in.planes = append(in.planes, plane{name, value})
	}
	paths, err := find(ctx, o.Path)
	if err != nil || paths == nil {
		return nil, err
	}
	for _, p := range paths {
		r, err := openRoot(ctx, p, o.Limits)
		if err != nil {
			return nil, err
		}
		in.roots = append(in.roots, r)
	}
	return in, nil
}

// archives are names of files that are no folders, and so no OME-Zarr either.
var archives = []string{".tar", ".gz", ".tgz", ".bz2", ".zst", ".xz", ".zip", ".txt", ".csv", ".lst"}

func find(ctx context.Context, at string) ([]string, error) {
	if at == "-" {
		return nil, nil
	}
	if place.Remote(at) {
		if slices.Contains(archives, strings.ToLower(path.Ext(place.Base(at)))) {
			return nil, nil
		}
		s, err := store.For(ctx, at)
		if err != nil {
			return nil, err
		}
		if is, err := ome.Is(ctx, s); err != nil || !is {
			return nil, err
		}
		return []string{at}, nil
	}
	info, err := os.Stat(at)
	if err != nil || !info.IsDir() {
		return nil, nil // whoever reads it says so
	}
	if is, err := ome.Is(ctx, store.Folder(at)); err != nil || is {
		return []string{at}, err
	}
	var names []string
	err = atomicfile.EachEntry(at, func(e fs.DirEntry) error { // of millions, perhaps
		if name := e.Name(); name[0] != '.' && len(name) > len(ome.Suffix) && strings.EqualFold(name[len(name)-len(ome.Suffix):], ome.Suffix) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var list []string
	for _, name := range names {
		full := filepath.Join(at, name)
		if is, err := ome.Is(ctx, store.Folder(full)); err != nil {
			return nil, err
		} else if is {
			list = append(list, full)
		}
	}
	return list, nil
}

func openRoot(ctx context.Context, at string, limits component.Limits) (*root, error) {
	r := &root{path: at}
	most := atOnceHere
	if place.Remote(at) {
		s, err := store.For(ctx, at)
		if err != nil {
			return nil, err
		}
		u, err := store.Parse(at)
		if err != nil {
			return nil, err
		}
		most, r.store, r.name, r.marks = atOnceStored, s, ome.Name(u.Path), listed
		if scheme := strings.ToLower(u.Scheme); scheme == "http" || scheme == "https" {
			r.marks = unmarked
		}
	} else {
		full, err := filepath.Abs(at)
		if err != nil {
			return nil, err
		}
		r.store, r.name, r.marks = store.Folder(at), ome.Name(filepath.ToSlash(full)), stated
	}
	r.name = cmp.Or(r.name, "image")
	r.fetcher = &zarr.Fetcher{Store: r.store, Most: limits.MaxMember, Slots: make(chan struct{}, most)}
	return r, nil
}

// image is one that a sample is made of, or several.
type image struct {
	root  *root
	place ome.Place
	key   string
	fault error // why it can be none
}

// list finds all images, in the order of their keys.
func (in *Input) list(ctx context.Context) ([]*image, error) {
	var all []*image
	for _, r := range in.roots {
		places, err := ome.Images(ctx, r.store)
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			all = append(all, &image{root: r, place: p, key: in.keyOf(r, p)})
		}
		if len(all) > in.Limits.MaxKeys {
			return nil, fmt.Errorf("%s holds more than %d images; %s", place.Shown(in.Path), in.Limits.MaxKeys, component.Raise("max_keys", 4*in.Limits.MaxKeys))
		}
	}
	if len(all) == 0 && !in.Limits.AllowEmpty {
		return nil, &component.InputError{Err: fmt.Errorf("%s: the OME-Zarr holds no image: its metadata name none; where an input may be empty, "+
			"write allow_empty = true in the flow's run block", place.Shown(in.Path))}
	}
	slices.SortStableFunc(all, func(a, b *image) int { return strings.Compare(a.key, b.key) })
	all = slices.CompactFunc(all, func(a, b *image) bool { return a.key == b.key && a.name() == b.name() }) // a well that is named twice
	for i, im := range all {
		if i > 0 && all[i-1].key == im.key {
			return nil, fmt.Errorf("both %s and %s would be %s; rename one", all[i-1].name(), im.name(), im.key)
		}
		im.fault = data.CheckKey(im.key)
	}
	return all, nil
}

func (in *Input) keyOf(r *root, p ome.Place) string {
	between := "_"
	if in.Limits.Keys == component.KeysPath {
		between = "/"
	}
	return strings.Join(append([]string{r.name}, p.Parts...), between)
}

// name is where an image is, as files of samples are called.
func (im *image) name() string { return im.root.store.URL(im.place.Path) }
