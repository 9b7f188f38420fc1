// Package component is the mechanism by which a .flow file names what it runs:
// a component is a Spec, with ports, fields, defaults, documentation and the
// function that wires it into a graph, and a Registry holds the Specs there
// are. Parsing, checking, the reference page, completion and construction all
// read the Spec and nothing else.
//
// There are no components here, nor is there any syntax: the rooms of sources,
// ops and sinks hold the first, package lang the second. What travels between
// components is declared in package edges, once for all.
//
// What always holds: a Spec that is unusable panics when it is registered, so
// that every registered one can be relied on; nothing registers itself; by the
// time a component is built its arguments are complete and valid.
package component
