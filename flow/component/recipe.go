package component

import (
	"crypto/sha256"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
)

// Bearing says how a field bears on what is made: by what a result can be told
// to be still what its inputs and settings make.
type Bearing uint8

// The bearings. A field that says nothing bears by the contents of the file it
// names if it is an input file, record by record if it is an input folder, not
// at all if it is an output, a duration or workers, and else by its value.
const (
	ByType     Bearing = iota
	ByValue            // its value
	ByContents         // the contents of the files and folders it names
	ByRecord           // it names what records are made from, which counts for each by itself
	ByFile             // the contents of the file or folder it names, where there is one, and else its value; FILE#PART both
	NoBearing          // results are the same whatever it is
)

// bearing is the field's, with its type's for ByType.
func (f Field) bearing() Bearing {
	if f.Bears != ByType {
		return f.Bears
	}
	switch f.Type {
	case InputFile, InputFiles, FlowFile:
		return ByContents
	case InputDir, InputDirs, InputAny:
		return ByRecord
	case OutputFile, OutputDir, OutputPath, Workers, Duration:
		return NoBearing
	}
	return ByValue
}

// Shown says that the field's value by itself tells something of a result: it is
// no path.
func (f Field) Shown() bool { return f.bearing() == ByValue }

// Part is a node that a result follows from.
type Part struct {
	Spec *Spec
	Args Args
}

// Recipe is what all results of a node follow from, beside their own records:
// the values of fields, its own and those of the nodes it reads from, and files
// that these read as a whole. The names are of components and fields,
// "resize.size", so that a block that is called otherwise makes the same.
type Recipe struct {
	Values map[string]string   // of the fields that are not at their default, so that a new field with a default changes nothing
	Files  map[string][]string // paths of files and folders
}

// Recipe is the node's. The seed is among the values where a component draws
// from it.
func (n *Node) Recipe() Recipe {
	r := Recipe{Values: map[string]string{}, Files: map[string][]string{}}
	seen := map[string]int{}
	for _, p := range n.Upstream {
		name := p.Spec.Name
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s#%d", name, seen[name])
		}
		for _, f := range p.Spec.AllFields() {
			v := p.Args[f.Name]
			switch f.bearing() {
			case ByValue:
				if !reflect.DeepEqual(v, f.Default) {
					r.Values[name+"."+f.Name] = valueText(v)
				}
			case ByContents:
				if text, ok := n.builtIn(f, v); ok {
					r.Values[name+"."+f.Name] = fmt.Sprintf("%x", sha256.Sum256(text))
				} else if text, _ := v.(string); slices.Contains(f.Known, text) {
					r.Values[name+"."+f.Name] = text
				} else if paths := pathsOf(v); len(paths) > 0 {
					r.Files[name+"."+f.Name] = paths
				}
			case ByFile:
				path, part := fileAndPart(valueText(v))
				if path != "" {
					r.Files[name+"."+f.Name] = []string{path}
				}
				if part != "" && part != f.Default {
					r.Values[name+"."+f.Name] = part
				}
			}
		}
		if p.Spec.Reads != nil {
			for _, read := range p.Spec.Reads(p.Args) {
				path, part := fileAndPart(read)
				r.Files[name] = append(r.Files[name], path)
				if part != "" {
					r.Values[name+"#"] = part
				}
			}
		}
		if p.Spec.Seeded {
			r.Values["seed"] = fmt.Sprint(n.Graph.Options().Seed)
		}
	}
	return r
}

// builtIn is the text of the flow a field names, if it came with the program.
func (n *Node) builtIn(f Field, v any) ([]byte, bool) {
	if f.Type != FlowFile || n.BuiltIn == nil {
		return nil, false
	}
	return n.BuiltIn(v.(string))
}

// valueText is a value on one line, the same for equal values alone.
func valueText(v any) string {
	if list, ok := v.([]string); ok {
		return fmt.Sprintf("%q", list)
	}
	return fmt.Sprint(v)
}

// fileAndPart cuts a value into the file it names, if there is one, and the
// rest of it.
func fileAndPart(v string) (path, part string) {
	if _, err := os.Stat(v); err == nil {
		return v, ""
	}
	if file, part, cut := strings.Cut(v, "#"); cut {
		if _, err := os.Stat(file); err == nil {
			return file, part
		}
	}
	return "", v
}

// pathsOf are the paths in a field's value.
func pathsOf(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case string:
		if v = strings.TrimSpace(v); v != "" && v != "-" {
			return []string{v}
		}
	}
	return nil
}
