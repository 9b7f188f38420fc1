//go:build gpu && linux

package cuda

// #include "driver.h"
import "C"

import (
	"errors"
	"unsafe"
)

// Graph is work that was captured from a stream, given to the card as one.
type Graph struct {
	exec  C.CUgraphExec
	nodes int
}

// BeginCapture lets what is given to the stream be written down and not done,
// until EndCapture: launches, copies from and to pinned memory, fills. Another
// stream joins by waiting for an event of this one, and this one must wait for
// an event of it before the end. Addresses and arguments are those of the moment.
//
// Meanwhile the card's thread must not allocate, free or synchronize.
func (c *Card) BeginCapture(s Stream) error {
	return failure("cuStreamBeginCapture", int(C.cuStreamBeginCapture(s.handle(), C.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)))
}

// EndCapture ends it and makes the graph, ready to be launched.
func (c *Card) EndCapture(s Stream) (*Graph, error) {
	var template C.CUgraph
	if r := C.cuStreamEndCapture(s.handle(), &template); r != C.CUDA_SUCCESS {
		return nil, failure("cuStreamEndCapture", int(r))
	}
	g := &Graph{}
	var nodes C.size_t
	err := failure("cuGraphGetNodes", int(C.cuGraphGetNodes(template, nil, &nodes)))
	if err == nil {
		err = failure("cuGraphInstantiate", int(C.cuGraphInstantiateWithFlags(&g.exec, template, 0)))
	}
	g.nodes = int(nodes)
	if err := errors.Join(err, failure("cuGraphDestroy", int(C.cuGraphDestroy(template)))); err != nil {
		return nil, err
	}
	return g, nil
}

// Nodes is the number of launches, copies and fills in the graph.
func (g *Graph) Nodes() int { return g.nodes }

// Launch gives the stream the whole graph to run.
func (g *Graph) Launch(s Stream) error {
	return failure("cuGraphLaunch", int(C.cuGraphLaunch(g.exec, s.handle())))
}

// Destroy ends the graph.
func (g *Graph) Destroy() error {
	return failure("cuGraphExecDestroy", int(C.cuGraphExecDestroy(g.exec)))
}

func (s *Stream) handle() C.CUstream {
	return *(*C.CUstream)(unsafe.Pointer(&s.s))
}
