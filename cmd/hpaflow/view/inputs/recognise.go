package inputs

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/names"
	"hpaflow/data/place"
	"hpaflow/data/shards"
)

// Kind is what an input is.
type Kind string

// The kinds there are, in the order in which they are read.
const (
	Shards        Kind = "shards"
	Images        Kind = "images"
	Labels        Kind = "labels"
	Decisions     Kind = "submission"
	Probabilities Kind = "probabilities"
	Thresholds    Kind = "thresholds"
	Groups        Kind = "duplicates"
	Hashes        Kind = "hashes"
	Embeddings    Kind = "embeddings"
	DeadLetters   Kind = "dead letters"
	Run           Kind = "training run"
	Corrections   Kind = "corrections"
)

var kindOrder = []Kind{Shards, Images, Labels, Thresholds, Groups, Hashes, DeadLetters, Probabilities, Decisions, Embeddings, Run, Corrections}

// Bounds of what is looked at in folders.
const (
	mostDepth   = 4
	mostEntries = 20_000 // of a folder that is no images
	mostInputs  = 500
)

// Input is something that was given, or found in a folder that was.
type Input struct {
	Path    string
	Name    string // for people: below what was given
	Kind    Kind
	Classes int    // of a table of probabilities
	Note    string // what it came to, or what could not be read
	Failed  bool
	Done    bool

	shards *shards.Reader // of Kind Shards and tables of probabilities in shards
	images *folder        // of Kind Images
}

// UnknownError says that a path is nothing that can be shown.
type UnknownError struct{ Path, Why string }

func (e *UnknownError) Error() string { return e.Path + ": " + e.Why }

// Find finds out what paths are. What was given and is nothing known is an error; in
// folders it is passed by.
func Find(ctx context.Context, paths []string) ([]*Input, error) {
	f := &finder{ctx: ctx}
	for _, path := range paths {
		before := len(f.found)
		path = place.Path(path)
		if err := f.given(path); err != nil {
			return nil, err
		}
		if len(f.found) == before {
			return nil, &UnknownError{path, "holds nothing that can be shown: no images, shards, tables of samples, groups, embeddings or dead letters"}
		}
	}
	if len(paths) == 1 { // what all names begin with tells nothing
		for _, in := range f.found {
			if _, below, found := strings.Cut(in.Name, "/"); found {
				in.Name = below
			}
		}
	}
	slices.SortStableFunc(f.found, func(a, b *Input) int {
		return slices.Index(kindOrder, a.Kind) - slices.Index(kindOrder, b.Kind)
	})
	return f.found, nil
}

type finder struct {
	ctx   context.Context
	found []*Input
	seen  map[string]bool
}

func (f *finder) add(in *Input) {
	if in.Name == "" {
		in.Name = place.Base(in.Path)
	}
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	if key := string(in.Kind) + "\x00" + in.Path; !f.seen[key] && len(f.found) < mostInputs {
		f.seen[key] = true
		f.found = append(f.found, in)
	}
}

func (f *finder) given(path string) error {
	if place.Remote(path) {
		return f.remote(path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return f.folder(path, "", 0, true)
	}
	kind, classes, err := kindOfFile(path)
	if err != nil {
		return err
	}
	if kind == "" && names.OfImage(path) {
		return &UnknownError{path, "is an image; give the folder that it is in"}
	}
	if kind == "" {
		return &UnknownError{path, "is nothing that can be shown: no table of samples, groups, thresholds, embeddings or dead letters"}
	}
	f.add(&Input{Path: path, Kind: kind, Classes: classes})
	return nil
}

// remote is given for a URL: shards, or a table that is brought here.
func (f *finder) remote(url string) error {
	if there, err := place.Exists(f.ctx, place.Join(url, shards.IndexName)); err != nil {
		return err
	} else if there {
		return f.packed(url, place.Base(url))
	}
	if there, err := place.Exists(f.ctx, url); err != nil || !there {
		if err == nil {
			err = &UnknownError{place.Shown(url), "is no file, and holds no " + shards.IndexName + "; of a store, shards and files can be shown"}
		}
		return err
	}
	path, err := place.Bring(f.ctx, url)
	if err != nil {
		return err
	}
	kind, classes, err := kindOfFile(path)
	if err == nil && kind == "" {
		err = &UnknownError{place.Shown(url), "is nothing that can be shown"}
	}
	if err != nil {
		return err
	}
	f.add(&Input{Path: path, Name: place.Base(url), Kind: kind, Classes: classes})
	return nil
}

// packed is a folder of shards.
func (f *finder) packed(path, name string) error {
	r, err := shards.Open(path, shards.AnyKind)
	if err != nil {
		f.add(&Input{Path: path, Name: name, Kind: Shards, Failed: true, Done: true, Note: err.Error()})
		return nil
	}
	in := &Input{Path: path, Name: name, Kind: Shards, shards: r}
	if r.Kind() == shards.Probabilities {
		in.Kind = Probabilities
		if entries := r.Entries(); len(entries) > 0 {
			if c, err := r.Read(entries[0].Key); err == nil {
				if p, err := c.Prediction(); err == nil {
					in.Classes = len(p.P)
				}
			}
		}
	}
	f.add(in)
	return nil
}

// folder looks at a folder, and at those in it.
func (f *finder) folder(dir, name string, depth int, given bool) error {
	if err := f.ctx.Err(); err != nil {
		return err
	}
	if name == "" {
		name = filepath.Base(dir)
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	entries, err := d.ReadDir(-1)
	d.Close() // opened for reading: nothing can be lost
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	pictures, others := 0, 0
	has := map[string]bool{}
	for _, e := range entries {
		switch n := e.Name(); {
		case strings.HasPrefix(n, "."):
		case e.IsDir():
			has[n] = true
		case shards.IsName(n) && n != shards.IndexName:
			return f.packed(dir, name)
		case names.OfImage(n):
			pictures++
		default:
			others++
			has[n] = true
		}
	}
	if has["metrics.csv"] && (has["checkpoint"] || has["run.json"]) {
		f.add(&Input{Path: dir, Name: name, Kind: Run})
		pictures = 0 // of its report
	}
	if pictures > others && (given || pictures > 3) {
		f.add(&Input{Path: dir, Name: name, Kind: Images})
	}
	for i, e := range entries {
		path, below := filepath.Join(dir, e.Name()), name+"/"+e.Name()
		switch {
		case strings.HasPrefix(e.Name(), ".") || i >= mostEntries:
		case e.IsDir() && e.Name() == "checkpoint":
		case e.IsDir() && depth < mostDepth:
			if err := f.folder(path, below, depth+1, false); err != nil && f.ctx.Err() != nil {
				return err
			}
		case e.Type().IsRegular() && !names.OfImage(e.Name()):
			if kind, classes, err := kindOfFile(path); err == nil && kind != "" {
				f.add(&Input{Path: path, Name: below, Kind: kind, Classes: classes})
			}
		}
	}
	return nil
}
