package lang

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"hpaflow/flow/component"
)

// File is a .flow file whose syntax is right.
type File struct {
	name string
	src  []byte
	body *hclsyntax.Body
}

// Parse reads the syntax of a file; name is what diagnostics call it. Names
// and types are checked by [File.Plan].
func Parse(name string, src []byte) (*File, Diagnostics) {
	f := &File{name: name, src: src}
	parsed, faults := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if faults.HasErrors() {
		return nil, f.fromHCL(faults, hcl.Range{Start: hcl.InitialPos, End: hcl.InitialPos}).sorted()
	}
	f.body = parsed.Body.(*hclsyntax.Body)
	return f, nil
}

// Read parses the file at path.
func Read(path string) (*File, Diagnostics) {
	src, err := os.ReadFile(path)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, Diagnostics{{File: path, Message: err.Error()}}
	}
	return Parse(path, src)
}

// Load reads the file at path and plans it, with the variables set as
// "name=value". Unlike [File.Plan] it also checks that input files and folders
// exist. A plan is returned only when there are no faults.
func Load(path string, sets []string, reg *component.Registry) (*Plan, Diagnostics) {
	f, faults := Read(path)
	if faults != nil {
		return nil, faults
	}
	return f.plan(sets, reg, true)
}

// Plan checks the file against the registry, with the variables set as
// "name=value". It does not look at the file system. A plan is returned only
// when there are no faults.
func (f *File) Plan(sets []string, reg *component.Registry) (*Plan, Diagnostics) {
	return f.plan(sets, reg, false)
}

// VariableNames lists the variables that the file declares, in its order,
// whatever else is wrong with it.
func (f *File) VariableNames() []string {
	var names []string
	for _, b := range f.body.Blocks {
		if b.Type == "variable" && len(b.Labels) == 1 && hclsyntax.ValidIdentifier(b.Labels[0]) {
			names = append(names, b.Labels[0])
		}
	}
	return names
}

// flowName is what reports call the flow: the file's name without .flow.
func (f *File) flowName() string {
	return strings.TrimSuffix(filepath.Base(f.name), ".flow")
}

// Format lays a file out in the one canonical way; comments stay. A file whose
// syntax is wrong is refused with its [Diagnostics], which know the file by
// name.
func Format(name string, src []byte) ([]byte, error) {
	if _, faults := Parse(name, src); faults != nil {
		return nil, faults
	}
	return hclwrite.Format(src), nil
}
