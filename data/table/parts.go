package table

import (
	"errors"
	"io"
	"runtime"
)

// ScanParts is Scan on all processors: the rows of a piece of the file go to a
// part of their own, those of several pieces at once, and take is given the
// parts one by one, in the file's order. An error of row, and what take reports,
// is a fault of its line.
func ScanParts[P any](l Limit, path string, columns Columns, row func(part *P, f Fields) error, take func(part *P, fault func(line int, err error))) error {
	return l.open(path, func(text *lines) error {
		return scanParts(&scanner{name: path}, newPieces(text), columns, row, take)
	})
}

func scanParts[P any](s *scanner, p *pieces, columns Columns, row func(*P, Fields) error, take func(*P, func(int, error))) error {
	first, err := s.begin(p, columns)
	if err != nil {
		return err
	}
	w := &work[P]{scanner: s, row: row, take: take}
	return w.all(first, p)
}

// work is the pieces of a file that are being read, oldest first.
type work[P any] struct {
	*scanner
	row    func(part *P, f Fields) error
	take   func(part *P, fault func(line int, err error))
	queue  []*job[P]
	spare  [][]byte // memory of pieces that are done with
	faults []error
}

// job is a piece at work.
type job[P any] struct {
	text     []byte
	part     P
	faults   []error
	panicked any
	done     chan struct{}
}

func (w *work[P]) all(p piece, from *pieces) error {
	most := 2 * runtime.GOMAXPROCS(0)
	var err error
	for err == nil && len(w.faults) < MostFaults {
		w.start(p)
		w.settle(most - 1)
		p, err = from.next(w.memory())
	}
	w.settle(0)
	if err != nil && !errors.Is(err, io.EOF) {
		w.faults = append(w.faults, w.syntax(err))
	}
	return errors.Join(w.faults[:min(len(w.faults), MostFaults)]...)
}

func (w *work[P]) start(p piece) {
	j := &job[P]{text: p.text, done: make(chan struct{})}
	w.queue = append(w.queue, j)
	s := w.scanner.copy()
	go func() {
		defer close(j.done)
		defer func() { j.panicked = recover() }()
		s.rows(p, func(f Fields) error { return w.row(&j.part, f) }, func(line int, err error) {
			j.faults = append(j.faults, w.at(line, err))
		})
	}()
}

// memory is that of a piece that is done with, if there is one.
func (w *work[P]) memory() []byte {
	n := len(w.spare)
	if n == 0 {
		return nil
	}
	text := w.spare[n-1]
	w.spare = w.spare[:n-1]
	return text
}

// settle takes the oldest parts until no more than so many are at work.
func (w *work[P]) settle(most int) {
	for len(w.queue) > most {
		j := w.queue[0]
		w.queue = w.queue[1:]
		<-j.done
		if j.panicked != nil {
			panic(j.panicked) // the caller's, who knows what to do about it
		}
		w.spare = append(w.spare, j.text)
		w.faults = append(w.faults, j.faults...)
		w.take(&j.part, func(line int, err error) { w.faults = append(w.faults, w.at(line, err)) })
	}
}
