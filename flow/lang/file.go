package lang

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// File is a .flow file whose syntax is right.
type File struct {
	name string // its path, or that of a flow which comes with the program
	src  []byte
	body *hclsyntax.Body

	tokens  int      // words and signs
	stoodIn []string // the name it was looked for by, if it comes with the program; see loading
}

// Parse reads the syntax of a file; name is what diagnostics call it. Names
// and types are checked by [File.Plan].
func Parse(name string, src []byte) (*File, Diagnostics) {
	f := &File{name: name, src: src}
	if len(src) > maxFile {
		return nil, Diagnostics{{File: name, Message: fmt.Sprintf("more than %d MiB is no flow", maxFile>>20)}}
	}
	if at := bytes.IndexByte(src, 0); at >= 0 {
		return nil, Diagnostics{{File: name, Message: fmt.Sprintf("is no text, and so no flow: byte %d is zero", at+1), Hint: "a flow is written in UTF-8"}}
	}
	if faults := f.measure(); faults != nil {
		return nil, faults
	}
	parsed, faults := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if faults.HasErrors() {
		return nil, f.fromHCL(faults, hcl.Range{Start: hcl.InitialPos, End: hcl.InitialPos}).sorted()
	}
	f.body = parsed.Body.(*hclsyntax.Body)
	guardOperations(f.body)
	return f, nil
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
	return strings.TrimSuffix(path.Base(strings.TrimPrefix(filepath.ToSlash(f.name), BuiltIn)), flowExt)
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
