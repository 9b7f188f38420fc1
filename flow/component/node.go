package component

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"hpaflow/flow"
)

// Args are a component's field values, complete: every field of its Spec is
// there, given or by default. The getters panic on a name the Spec does not
// declare or on the wrong type, which is a fault of the component, not of the
// .flow file.
type Args map[string]any

func get[T any](a Args, name string) T {
	v, ok := a[name].(T)
	if !ok {
		panic(fmt.Sprintf("component: field %q is %T, not %T", name, a[name], v))
	}
	return v
}

// String reads a string, file or folder field.
func (a Args) String(name string) string { return get[string](a, name) }

// Int reads an int field.
func (a Args) Int(name string) int { return get[int](a, name) }

// Float reads a float field.
func (a Args) Float(name string) float64 { return get[float64](a, name) }

// Bool reads a bool field.
func (a Args) Bool(name string) bool { return get[bool](a, name) }

// Strings reads a list of strings.
func (a Args) Strings(name string) []string { return get[[]string](a, name) }

// Ints reads a list of whole numbers.
func (a Args) Ints(name string) []int { return get[[]int](a, name) }

// Size reads a number of bytes.
func (a Args) Size(name string) int64 { return get[int64](a, name) }

// Duration reads a duration field.
func (a Args) Duration(name string) time.Duration { return get[time.Duration](a, name) }

// Node is one block of a .flow file at the moment it joins a graph.
type Node struct {
	Graph *flow.Graph
	Spec  *Spec
	Name  string // the block's second label
	Args  Args
	Run   Args // of the run block, complete; nil: its defaults

	// Upstream are the nodes this one reads from, however indirectly, and the
	// node itself, each after those it reads. Empty for a node built by hand.
	Upstream []Part

	Inputs map[string]Output // by port name; an optional port may be missing

	// InUnit says that the graph works on one unit of a flow's records.
	InUnit bool

	// Memo is shared by all graphs that are built of one plan; nil: nothing is.
	Memo *Memo

	// Load reads and checks another flow, with variables set as "name=value",
	// for a component that runs flows itself. Its error tells every fault.
	Load func(path string, sets []string) (Flow, error)

	// BuiltIn is the text of a flow that comes with the program, by the name
	// that a FlowFile's value has for it; nil: there are none.
	BuiltIn func(name string) ([]byte, bool)

	built []func() error
}

// OnBuilt has check called once the whole graph stands, before it runs: what
// needs to know of nodes that come later, such as whether the run goes on with
// an earlier one, is refused there.
func (n *Node) OnBuilt(check func() error) { n.built = append(n.built, check) }

// Built does what OnBuilt was told to. Whoever builds a graph of nodes calls it
// for each, after the last.
func (n *Node) Built() error {
	var faults []error
	for _, check := range n.built {
		faults = append(faults, check())
	}
	return errors.Join(faults...)
}

// Flow is a flow that has been read and checked.
type Flow interface {
	Options() flow.Options   // of its graph, its text among them
	Build(*flow.Graph) error // adds it to an empty graph
}

// Output is an Out[T] whose T is not known here.
type Output interface {
	// ElemType is the T.
	ElemType() reflect.Type
}

// In is the output that stands at a node's port. It panics on a type other
// than the port's: the checker has refused such a file before.
func In[T any](n *Node, port string) flow.Out[T] {
	out, ok := n.Inputs[port].(flow.Out[T])
	if !ok {
		panic(fmt.Sprintf("component: %s %s: port %q holds %T", n.Spec.Title(), n.Name, port, n.Inputs[port]))
	}
	return out
}

// Has says whether a port is connected.
func (n *Node) Has(port string) bool { return n.Inputs[port] != nil }

// Stage is how the node's stage is named and sized.
func (n *Node) Stage() flow.Stage {
	st := flow.Stage{Name: n.Name, Kind: n.Spec.Kind, Workers: 1}
	if n.Spec.Parallel {
		st.Workers = n.Args.Int("workers")
	}
	return st
}
