package lang

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/place"
	"hpaflow/data/store"
	"hpaflow/flow/component"
)

// BuiltIn begins the name of a flow that comes with the program:
// hpaflow:train.flow, whatever files there are.
const BuiltIn = "hpaflow:"

// flowExt ends the name of a flow's file.
const flowExt = ".flow"

// loading is what the planning of a file and of the files it runs share.
type loading struct {
	reg     *component.Registry
	disk    bool             // look at the file system
	parsed  map[string]*File // by name
	stoodIn []string         // flows that came from the program, since no file had the name
	spent   float64          // bytes that values come to
	steps   int
	work    int // words and signs planned
}

func newLoading(reg *component.Registry, disk bool) *loading {
	return &loading{reg: reg, disk: disk, parsed: map[string]*File{}}
}

// Read parses the file at path.
func Read(path string) (*File, Diagnostics) { return Find(path, &component.Registry{}) }

// Find parses the file at path, or if there is none the flow of that base name
// among those that come with the program.
func Find(path string, reg *component.Registry) (*File, Diagnostics) {
	l := newLoading(reg, false)
	f, faults := l.find(path)
	if f != nil {
		f.stoodIn = l.stoodIn
	}
	return f, faults
}

// Load finds the flow at path and plans it, with the variables set as
// "name=value". Unlike [File.Plan] it also checks that input files and folders
// exist, and that outputs can be written to. A plan is returned only when there
// are no faults.
func Load(path string, sets []string, reg *component.Registry) (*Plan, Diagnostics) {
	f, faults := Find(path, reg)
	if faults != nil {
		return nil, faults
	}
	return f.Load(sets, reg)
}

// Load is [Load] for a file that was found: what it was read from need not bear
// to be read twice.
func (f *File) Load(sets []string, reg *component.Registry) (*Plan, Diagnostics) {
	l := newLoading(reg, true)
	l.stoodIn, l.parsed[f.name] = slices.Clone(f.stoodIn), f
	plan, faults := (&planner{file: f, loading: l, inputs: true}).plan(sets)
	if plan != nil {
		plan.StoodIn = l.stoodIn
	}
	return plan, faults
}

// LoadText is Load for a flow that came from elsewhere as text: name is that of the
// file that it would be.
func LoadText(name string, src []byte, reg *component.Registry) (*Plan, Diagnostics) {
	f, faults := Parse(name, src)
	if faults != nil {
		return nil, faults
	}
	return f.Load(nil, reg)
}

// Plan checks the file against the registry, with the variables set as
// "name=value". It does not look at the file system, but for the files of
// steps. A plan is returned only when there are no faults.
func (f *File) Plan(sets []string, reg *component.Registry) (*Plan, Diagnostics) {
	return (&planner{file: f, loading: newLoading(reg, false)}).plan(sets)
}

// find parses a file once.
func (l *loading) find(name string) (*File, Diagnostics) {
	name, src, err := l.locate(name)
	if err != nil {
		return nil, Diagnostics{*err}
	}
	if f := l.parsed[name]; f != nil {
		return f, nil
	}
	f, faults := Parse(name, src)
	if f != nil {
		l.parsed[name] = f
	}
	return f, faults
}

// locate gives the text of a flow and the name by which it is found again.
func (l *loading) locate(name string) (string, []byte, *Diagnostic) {
	if err := component.CheckTilde(name); err != nil {
		return "", nil, &Diagnostic{Message: err.Error()}
	}
	if base, ok := strings.CutPrefix(name, BuiltIn); ok {
		src, err := l.builtIn(base)
		if err != nil {
			return "", nil, &Diagnostic{File: name, Message: "no such flow comes with the program", Hint: DidYouMean(base, l.builtIns(), "there are")}
		}
		return name, src, nil
	}
	src, err := readFile(name)
	if err == nil {
		return name, src, nil
	}
	base := place.Base(name)
	if errors.Is(err, fs.ErrNotExist) {
		if src, err := l.builtIn(base); err == nil {
			if !slices.Contains(l.stoodIn, name) {
				l.stoodIn = append(l.stoodIn, name)
			}
			return BuiltIn + base, src, nil
		}
	}
	return "", nil, l.unreadable(name, err)
}

func (l *loading) unreadable(name string, err error) *Diagnostic {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	d := &Diagnostic{File: name, Message: err.Error()}
	switch {
	case name == "":
		d.Message = "the name of a flow is empty"
	case name == "-":
		d.Hint = "a flow is a file; /dev/stdin is standard input"
	case errors.Is(err, fs.ErrNotExist):
		if whole := name + flowExt; isFile(whole) {
			d.Hint = fmt.Sprintf("did you mean %s?", whole)
		} else if near := l.nearestBuiltIn(filepath.Base(name)); near != "" {
			d.Hint = fmt.Sprintf("did you mean %s, which comes with the program?", near)
		}
	}
	return d
}

// nearestBuiltIn is the flow of the program's that somebody has probably meant.
func (l *loading) nearestBuiltIn(base string) string {
	names := l.builtIns()
	if slices.Contains(names, base+flowExt) {
		return base + flowExt
	}
	return nearest(base, names)
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func (l *loading) builtIn(name string) ([]byte, error) {
	if l.reg.Flows == nil {
		return nil, fs.ErrNotExist
	}
	return fs.ReadFile(l.reg.Flows, path.Clean(name))
}

func (l *loading) builtIns() []string {
	if l.reg.Flows == nil {
		return nil
	}
	names, err := fs.Glob(l.reg.Flows, "*"+flowExt)
	if err != nil {
		panic(err) // the pattern is right
	}
	return names
}

// readFile reads no more of a file than tells that it is too large.
func readFile(name string) ([]byte, error) {
	f, err := place.Open(context.Background(), name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// beside is the path of a flow that another file names.
func (f *File) beside(name string) string {
	switch {
	case filepath.IsAbs(name) || strings.HasPrefix(name, BuiltIn) || store.IsURL(name):
		return name
	case place.Remote(f.name):
		folder, _ := place.Split(f.name)
		return place.Join(folder, name)
	case strings.HasPrefix(f.name, BuiltIn):
		return BuiltIn + path.Clean(filepath.ToSlash(name))
	}
	return filepath.Join(filepath.Dir(f.name), name)
}

// identity is the same for two names of one file.
func identity(name string) string {
	if strings.HasPrefix(name, BuiltIn) || place.Remote(name) {
		return name
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}
