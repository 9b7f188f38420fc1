package forms

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/data/shards"
)

// Record is the file in which a folder says what in it is whole.
const Record = ".export.json"

// recordMark is what a record begins with.
const recordMark = "hpaflow shards export"

// record is the content of Record.
type record struct {
	By    string `json:"by"`
	Form  Form   `json:"form"`
	Image Image  `json:"image"`
	Split string `json:"split,omitempty"`
	Files []Made `json:"files"`
}

// Made is a file that is whole.
type Made struct {
	Name    string `json:"name"`
	Samples int    `json:"samples"`
	Bytes   int64  `json:"bytes"`
	From    string `json:"from"`
}

// FolderError says why a folder cannot be written to: what it holds is not replaced.
type FolderError struct{ Dir, Why string }

func (e *FolderError) Error() string { return place.Shown(e.Dir) + " " + e.Why }

// Folder is a folder that an export is written to. Other than Has, it is not safe for
// concurrent use.
type Folder struct {
	dir    string
	plan   *Plan
	form   form
	made   map[string]Made // by name
	whole  []bool          // by file, when it was opened
	before map[string]bool // keys in these
	unlock func() error

	scratch string // where files are made that are put into a store; empty: they are made in place
	file    int    // that is open
	left    int    // samples it lacks
	out     *atomicfile.File
	counted *counted
	writer  writer
}

// form is how one library wants it.
type form interface {
	encode(c *shards.Content, asPNG bool) (Item, error) // of any goroutine
	begin(out output, samples int) (writer, error)
	index(files []Made, o Options) (name string, content []byte) // what its readers find files by; none: no name
}

// writer writes one file.
type writer interface {
	add(Item) error
	end() error
}

// output is a file that is being written.
type output interface {
	Write([]byte) (int, error)
	Overwrite(b []byte, at int64) error // of what has been written
}

// counted is an output that knows how long it is.
type counted struct {
	*atomicfile.File
	size int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.File.Write(b)
	c.size += int64(n)
	return n, err
}

// Item is a sample as a form has it.
type Item struct {
	Key     string
	File    int // of the plan
	content []byte
	known   *known // of Parquet
}

// Bytes is the memory it holds.
func (it Item) Bytes() int64 { return int64(len(it.content)) }

func (p *Plan) form() form {
	switch p.Form {
	case MDS:
		return mdsForm{p.Options}
	case LitData:
		return litForm{p.Options}
	case Parquet:
		return parquetForm{p.Options}
	}
	return tarForm{single: p.single}
}

// Encode makes an item of a sample. It may be called from many goroutines.
func (p *Plan) Encode(c *shards.Content, file int) (Item, error) {
	asPNG, err := p.asPNG(c)
	if err != nil {
		return Item{}, err
	}
	it, err := p.form().encode(c, asPNG)
	it.Key, it.File = c.Key, file
	return it, err
}

// Open begins to write a folder, or goes on with one, which nobody else writes to until
// Commit or Abort. What was made of other samples is made again.
func Open(ctx context.Context, dir string, p *Plan) (*Folder, error) {
	f := &Folder{dir: dir, plan: p, form: p.form(), made: map[string]Made{}, whole: make([]bool, len(p.Files)), before: map[string]bool{}, file: -1}
	if err := f.claim(ctx); err != nil {
		return nil, err
	}
	if err := f.look(ctx); err != nil {
		return nil, errors.Join(err, f.unlock())
	}
	return f, nil
}

func (f *Folder) claim(ctx context.Context) (err error) {
	if place.Remote(f.dir) {
		if f.scratch, err = place.Scratch(); err != nil {
			return err
		}
	} else {
		f.dir = place.Path(f.dir)
	}
	f.unlock, err = place.ClaimFolder(ctx, f.dir)
	return err
}

// look finds out what is there.
func (f *Folder) look(ctx context.Context) error {
	want := record{By: recordMark, Form: f.plan.Form, Image: f.plan.Image, Split: f.plan.Split}
	text, err := place.Read(ctx, place.Join(f.dir, Record))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := f.empty(ctx); err != nil {
			return err
		}
		return f.save(ctx)
	case err != nil:
		return err
	}
	var was record
	if err := json.Unmarshal(text, &was); err != nil || was.By != recordMark {
		return &FolderError{f.dir, "holds a " + Record + " that shards export has not written; choose another folder"}
	}
	for _, m := range was.Files {
		f.made[m.Name] = m
	}
	if was.Files = nil; was.Form != want.Form || was.Image != want.Image || was.Split != want.Split {
		return &FolderError{f.dir, fmt.Sprintf("holds an export of another kind (form %s, image %s%s); choose another folder, or remove it", was.Form, was.Image, ofSplit(was.Split))}
	}
	if f.scratch == "" {
		if err := atomicfile.Sweep(atomicfile.OS, f.dir); err != nil {
			return err
		}
	}
	if err := f.findWhole(ctx); err != nil || !slices.Contains(f.whole, false) {
		return err
	}
	name, _ := f.form.index(nil, f.plan.Options)
	if name == "" {
		return nil
	}
	return place.Remove(ctx, place.Join(f.dir, name)) // it comes last
}

// findWhole finds the files that are there as they would be made.
func (f *Folder) findWhole(ctx context.Context) error {
	for i, file := range f.plan.Files {
		m, known := f.made[file.Name]
		if !known || m.From != file.From {
			continue
		}
		size, err := place.Size(ctx, place.Join(f.dir, file.Name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && size != m.Bytes {
			continue
		}
		if err != nil {
			return err
		}
		f.whole[i] = true
		for _, e := range file.Entries {
			f.before[e.Key] = true
		}
	}
	return nil
}

func ofSplit(split string) string {
	if split == "" {
		return ""
	}
	return ", split " + split
}

// empty refuses a folder that holds something.
func (f *Folder) empty(ctx context.Context) error {
	names, err := place.Names(ctx, f.dir)
	if err != nil {
		return err
	}
	var others []string
	for _, name := range names {
		if !strings.HasPrefix(name, ".") && !(f.scratch != "" && name == "locks") {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	slices.Sort(others)
	if len(others) > 3 {
		others = append(others[:3], "...")
	}
	return &FolderError{f.dir, "holds what shards export has not written: " + strings.Join(others, ", ") + "; choose another folder"}
}

// save writes the record.
func (f *Folder) save(ctx context.Context) error {
	list := slices.SortedFunc(maps.Values(f.made), func(a, b Made) int { return cmp.Compare(a.Name, b.Name) })
	return place.Write(ctx, place.Join(f.dir, Record), append(jsonOf(record{recordMark, f.plan.Form, f.plan.Image, f.plan.Split, append([]Made{}, list...)}), '\n'))
}

// Has says whether a sample is in a file that was whole before.
func (f *Folder) Has(key string) bool { return f.before[key] }

// Whole says whether a file was whole before.
func (f *Folder) Whole(file int) bool { return f.whole[file] }

// Add takes the next sample, in the plan's order.
func (f *Folder) Add(ctx context.Context, it Item) error {
	if f.out == nil {
		if err := f.begin(it.File); err != nil {
			return err
		}
	}
	if it.File != f.file {
		return fmt.Errorf("%s: %s lacks %d samples", it.Key, f.plan.Files[f.file].Name, f.left)
	}
	if err := f.writer.add(it); err != nil {
		return err
	}
	if f.left--; f.left > 0 {
		return nil
	}
	return f.finish(ctx)
}

func (f *Folder) begin(file int) (err error) {
	planned := f.plan.Files[file]
	dir := f.dir
	if f.scratch != "" {
		dir = f.scratch
	}
	if f.out, err = atomicfile.Create(atomicfile.OS, filepath.Join(dir, planned.Name)); err != nil {
		return err
	}
	f.file, f.left, f.counted = file, len(planned.Entries), &counted{File: f.out}
	f.writer, err = f.form.begin(f.counted, f.left)
	return err
}

// finish lets the open file appear, and notes that it has.
func (f *Folder) finish(ctx context.Context) error {
	if err := f.writer.end(); err != nil {
		return err
	}
	out := f.out
	f.out = nil
	planned := f.plan.Files[f.file]
	if _, known := f.made[planned.Name]; known { // what is replaced is no longer what the record says
		delete(f.made, planned.Name)
		if err := f.save(ctx); err != nil {
			return errors.Join(err, out.Abort())
		}
	}
	if err := out.Commit(); err != nil {
		return err
	}
	if f.scratch != "" {
		made := filepath.Join(f.scratch, planned.Name)
		if err := place.Put(ctx, made, place.Join(f.dir, planned.Name)); err != nil {
			return err
		}
		if err := place.Remove(ctx, made); err != nil {
			return err
		}
	}
	f.made[planned.Name] = Made{planned.Name, len(planned.Entries), f.counted.size, planned.From}
	return f.save(ctx)
}

// Commit ends an export all of whose samples are there.
func (f *Folder) Commit(ctx context.Context) error {
	err := f.complete(ctx)
	return errors.Join(err, f.unlock())
}

func (f *Folder) complete(ctx context.Context) error {
	files := make([]Made, len(f.plan.Files))
	for i, file := range f.plan.Files {
		if files[i] = f.made[file.Name]; files[i].From != file.From {
			return fmt.Errorf("%s was not written", file.Name)
		}
	}
	if name, content := f.form.index(files, f.plan.Options); name != "" {
		if err := place.Write(ctx, place.Join(f.dir, name), content); err != nil {
			return err
		}
	}
	return f.removeRest(ctx)
}

// removeRest removes files of an earlier plan that had more.
func (f *Folder) removeRest(ctx context.Context) error {
	rest := map[string]bool{}
	for name := range f.made {
		rest[name] = true
	}
	for _, file := range f.plan.Files {
		delete(rest, file.Name)
	}
	for name := range rest {
		if atomicfile.CheckName(name) != nil {
			continue // no name of ours
		}
		if err := place.Remove(ctx, place.Join(f.dir, name)); err != nil {
			return err
		}
		delete(f.made, name)
	}
	if len(rest) == 0 {
		return nil
	}
	return f.save(ctx)
}

// Abort drops the file that is open; whole ones stay.
func (f *Folder) Abort() error {
	var err error
	if f.out != nil {
		err = f.out.Abort()
		f.out = nil
	}
	return errors.Join(err, f.unlock())
}
