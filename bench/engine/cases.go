package main

import (
	"bytes"
	"errors"
	"strconv"
	"time"
)

// workload is one case: what flows, and what the stages do to it.
type workload struct {
	name    string
	shape   shape
	records int
	workers int // of each stage between source and sink
	failAt  int // this record fails; 0 for none
	cost    time.Duration
}

type shape int

const (
	ints  shape = iota // three maps over ints
	rows               // lines of 1 KB: parse, filter, sink
	fork               // three branches, joined again
	slow               // a stage that takes cost between two cheap ones
	large              // values of 1 MB through three maps
)

func cases() []workload {
	return []workload{
		{name: "3 maps, 1 worker", shape: ints, records: 300_000, workers: 1},
		{name: "3 maps, 2 workers", shape: ints, records: 300_000, workers: 2},
		{name: "3 maps, 4 workers", shape: ints, records: 300_000, workers: 4},
		{name: "1 KB rows", shape: rows, records: 200_000, workers: 1},
		{name: "fan-out to 3 and join", shape: fork, records: 100_000, workers: 1},
		{name: "1 ms in the middle", shape: slow, records: 1500, workers: 4, cost: time.Millisecond},
		{name: "5 ms in the middle", shape: slow, records: 300, workers: 4, cost: 5 * time.Millisecond},
		{name: "1 MB records", shape: large, records: 2000, workers: 1},
	}
}

// result is what a sink saw.
type result struct {
	records, last int
	disorder      bool
	told          bool // the engine itself reported the planted error
}

// see takes the value that belongs at place n or behind it.
func (r *result) see(n int) {
	r.disorder = r.disorder || n < r.last
	r.records, r.last = r.records+1, n
}

func (r *result) ordered() bool { return !r.disorder && r.records > 0 }

var errPlanted = errors.New("planted")

// double and its like are the work, the same for every engine. The error is
// planted in the first of a case's stages.
func (c workload) double(n int) (int, error) {
	if c.failAt > 0 && n == c.failAt {
		return 0, errPlanted
	}
	return n + 1, nil
}

func (c workload) pause(n int) (int, error) {
	time.Sleep(c.cost)
	return n, nil
}

// row is a line of 1 KB whose first field is its number.
func row(n int) []byte {
	line := bytes.Repeat([]byte{','}, 1024)
	strconv.AppendInt(line[:0], int64(n), 10)
	return line
}

// parse reads the number in a row's first field.
func (c workload) parse(line []byte) (int, error) {
	field, _, _ := bytes.Cut(line, []byte{','})
	n, err := strconv.Atoi(string(field))
	if err != nil {
		return 0, err
	}
	return c.double(n)
}

func wanted(n int) bool { return n%2 == 0 }

// block is a value of 1 MB.
type block struct {
	n     int
	bytes []byte
}

func newBlock(n int) *block { return &block{n, make([]byte, 1<<20)} }

// Bytes tells hpaflow what the block holds.
func (b *block) Bytes() int64 { return int64(len(b.bytes)) }

func (c workload) touch(b *block) (*block, error) {
	n, err := c.double(b.n)
	b.n = n
	return b, err
}
