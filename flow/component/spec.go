package component

import (
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"sort"
	"strings"

	"hpaflow/flow"
)

// Type is what travels on an edge: a name people read and the Go type behind it.
type Type struct {
	Name string       // as in "sample" or "batch"
	Go   reflect.Type // of the values; several edge types may share one, as samples before and after they are decoded
}

// TypeOf names the edge type that carries values of T.
func TypeOf[T any](name string) Type {
	return Type{Name: name, Go: reflect.TypeFor[T]()}
}

// DeadLetters is the type of what a run yields itself: the records that failed.
var DeadLetters = TypeOf[flow.DeadLetter]("dead letter")

// Port is a named input of a component.
type Port struct {
	Name     string // the attribute that holds the reference: "in", "validate"
	Type     Type
	Or       []Type // that it takes as well, of the same Go type
	Optional bool
	Doc      string
}

// Takes are the ports of a component with one input, which takes any of some
// types.
func Takes(t Type, or ...Type) []Port { return []Port{{Name: "in", Type: t, Or: or}} }

// Types are those that the port takes.
func (p Port) Types() []Type { return append([]Type{p.Type}, p.Or...) }

// Fits says whether values of a type can come to the port.
func (p Port) Fits(t Type) bool { return slices.Contains(p.Types(), t) }

// Carries is what people read of the types that the port takes: sample or planes.
func (p Port) Carries() string {
	var names []string
	for _, t := range p.Types() {
		names = append(names, t.Name)
	}
	return strings.Join(names, " or ")
}

// Spec describes one component completely. Parsing, checking, the reference
// page, completion and construction all read this and nothing else.
type Spec struct {
	Kind   flow.Kind
	Name   string // the block's first label: source "samples" "train"
	Doc    string // one sentence, then details
	In     []Port // empty for a source
	Out    Type   // the zero Type for a sink
	Passes bool   // what comes to the first port goes on as the type it came as, not as Out
	Fields []Field

	// Parallel components take a `workers` field: "auto" or a number.
	Parallel bool

	// Seeded says that what the component yields follows from the run's seed.
	Seeded bool

	// Alone says of an op that what it makes of a record follows from that record
	// alone, so that machines may share the records. A parallel op is so anyway.
	Alone bool

	// Several says of an op that it makes several records of one (flow.Graph.OnSeveral),
	// which units cannot do: they are cut of the records that a source has.
	Several bool

	// Groups is how many records an op works on together, which a unit holds a
	// multiple of. It may be nil.
	Groups func(Args) int

	// About tells what the component has of its own about the record of a key, such
	// as its row of a table: a table to which rows were added is then the same one
	// to the units that were done before. It may be nil: the contents of files that
	// it reads count as a whole.
	About func(*Node) (func(key string) string, error)

	// Matches looks, when a flow is cut, at all records' keys together, which no unit
	// sees: it says what does not fit, and tells the graph what is worth a note. It may
	// be nil.
	Matches func(n *Node, keys []string) error

	// Computes names what the last bits of results depend on beside the inputs: a
	// kind of processor, or of another device. nil: nothing.
	Computes func(Args) (string, error)

	// ByUnit is how a sink's results of units are published and joined; nil: a
	// flow that ends in it cannot be cut.
	ByUnit *ByUnit

	// Parts are the tasks that an op's work is made of, where machines may share them.
	// The node's inputs are of a graph that nobody else runs; its Load is to be asked
	// for what a task runs. It may be nil.
	Parts func(*Node) ([]Task, error)

	// Reads names the files whose contents its output follows from, beyond
	// those that fields name; FILE#PART where a part of one counts. It may be nil.
	Reads func(Args) []string

	// Check looks at faults that span fields, such as two that exclude each
	// other. It sees complete, individually valid arguments, and reports every
	// fault it finds. It may be nil.
	Check func(Args) []FieldFault

	// Build adds the component to the node's graph. It returns the node's
	// output (an Out[T] of the type the Spec names), or nil for a sink.
	Build func(*Node) (Output, error)
}

// FieldFault is one thing wrong with one field.
type FieldFault struct {
	Field string // the name of the field to point at
	Fault string // what is wrong, without the field's name
	Hint  string // what to do about it; may be empty
}

// Title is how people name the component: `op "decode"`.
func (s *Spec) Title() string { return fmt.Sprintf("%s %q", s.Kind, s.Name) }

// Field finds a field by name, the implied `workers` included.
func (s *Spec) Field(name string) (Field, bool) {
	for _, f := range s.AllFields() {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// AllFields lists the declared fields and, for a parallel component, `workers`.
func (s *Spec) AllFields() []Field {
	if !s.Parallel {
		return s.Fields
	}
	return append(s.Fields[:len(s.Fields):len(s.Fields)], workersField)
}

// Port finds an input by name.
func (s *Spec) Port(name string) (Port, bool) {
	for _, p := range s.In {
		if p.Name == name {
			return p, true
		}
	}
	return Port{}, false
}

// Registry holds the components a .flow file may name. It is filled by the
// program, by calls such as ops.Register(r): nothing registers itself. The zero
// value is an empty one. A component of one's own is added by Register, and then
// lang.Load reads flows that name it, whose plan Build turns into a graph.
type Registry struct {
	// Flows are the .flow files that come with the program, by name: they stand
	// in for files that are not there. There may be none.
	Flows fs.FS

	specs map[flow.Kind]map[string]*Spec
}

// Register adds specs. A spec that is unusable (no name, a duplicate, a
// default of the wrong type) is a programming error, and panics.
func (r *Registry) Register(specs ...*Spec) {
	for _, s := range specs {
		if err := s.validate(); err != nil {
			panic("component: " + err.Error())
		}
		if r.specs == nil {
			r.specs = map[flow.Kind]map[string]*Spec{}
		}
		if r.specs[s.Kind] == nil {
			r.specs[s.Kind] = map[string]*Spec{}
		}
		if r.specs[s.Kind][s.Name] != nil {
			panic("component: " + s.Title() + " registered twice")
		}
		r.specs[s.Kind][s.Name] = s
	}
}

// Lookup finds a component.
func (r *Registry) Lookup(kind flow.Kind, name string) (*Spec, bool) {
	s, ok := r.specs[kind][name]
	return s, ok
}

// Specs lists the components of a kind, by name.
func (r *Registry) Specs(kind flow.Kind) []*Spec {
	list := make([]*Spec, 0, len(r.specs[kind]))
	for _, s := range r.specs[kind] {
		list = append(list, s)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

func (s *Spec) validate() error {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if s.Name == "" || s.Doc == "" || s.Build == nil {
		fault("a spec needs Name, Doc and Build")
	}
	switch s.Kind {
	case flow.KindSource:
		if len(s.In) != 0 || s.Out.Go == nil {
			fault("a source has an output and no inputs")
		}
	case flow.KindOp:
		if len(s.In) == 0 || s.Out.Go == nil {
			fault("an op has inputs and an output")
		}
	case flow.KindSink:
		if len(s.In) == 0 || s.Out.Go != nil {
			fault("a sink has inputs and no output")
		}
	default:
		fault("unknown kind %q", s.Kind)
	}
	if s.Passes && (len(s.In) == 0 || s.In[0].Type != s.Out) {
		fault("what passes is of the type Out, or another that the first port takes")
	}
	names := map[string]bool{}
	for _, p := range s.In {
		names[p.Name] = true
		for _, t := range p.Or {
			if t.Go != p.Type.Go {
				fault("port %q takes values of %v and of %v", p.Name, p.Type.Go, t.Go)
			}
		}
	}
	for _, f := range s.AllFields() {
		if names[f.Name] {
			fault("field %q declared twice", f.Name)
		}
		names[f.Name] = true
		if f.Default == nil {
			continue
		}
		if err := f.Accepts(f.Default); err != nil {
			fault("default of %s: %v", f.Name, err)
		}
	}
	if faults == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", s.Title(), strings.Join(faults, "; "))
}
