package view

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"sync"
)

// sorted lists rows in a question's order. Equal ones stay as they came.
func (x *Index) sorted(in bitset, q *Question) []uint32 {
	rows := make([]uint32, 0, in.count())
	switch q.Sort {
	case "id":
		for _, row := range x.byIDs() {
			if in.has(int(row)) {
				rows = append(rows, row)
			}
		}
		if q.Backward {
			slices.Reverse(rows)
		}
		return rows
	case "near":
		at, ok := x.Row(q.NearTo)
		if !ok || x.Map == nil {
			return rows
		}
		for _, near := range x.Map.Nearest(at, x.Rows()) {
			if in.has(near.Row) {
				rows = append(rows, uint32(near.Row))
			}
		}
		if q.Backward {
			slices.Reverse(rows)
		}
		return rows
	}
	in.each(func(row int) { rows = append(rows, uint32(row)) })
	if key := x.sortKey(q, len(rows)); key != nil {
		keys := make([]uint32, len(rows))
		inParts(len(rows), 1<<14, func(from, to int) {
			for i := from; i < to; i++ {
				keys[i] = ascending(key(int(rows[i])), q.Backward)
			}
		})
		rows = radix(keys, rows)
	} else if q.Backward {
		slices.Reverse(rows)
	}
	return rows
}

// sortKey gives the number that an order of so many rows goes by, NaN for those that come
// last.
func (x *Index) sortKey(q *Question, rows int) func(row int) float32 {
	switch q.Sort {
	case "p":
		t := x.Tables[q.Table]
		if q.Label >= len(t.p) {
			return nil
		}
		return func(row int) float32 { return t.p[q.Label][row] }
	case "unsure", "error":
		t, by := x.Tables[q.Table], x.by(q)
		if t.p != nil && rows > x.Rows()/8 {
			return x.farthest(t, by, q.Sort == "unsure")
		}
		return func(row int) float32 {
			switch {
			case !t.has.has(row) || t.p == nil:
				return none
			case q.Sort == "unsure":
				return t.margin(row, by)
			case !x.labeled.has(row):
				return none
			}
			return t.mistake(row, uint64(x.labels[row]))
		}
	case "labels":
		return func(row int) float32 { return float32(x.labels[row].Len()) }
	case "group":
		of := x.Groupings[q.Groups].of
		return func(row int) float32 {
			if of[row] == 0 {
				return none
			}
			return float32(of[row])
		}
	}
	return nil
}

// farthest is margin or mistake of all rows at once: column by column, in pieces that fit
// into a processor's memory.
func (x *Index) farthest(t *Table, by *Thresholds, unsure bool) func(row int) float32 {
	values := make([]float32, x.Rows())
	inParts(x.Rows(), 1<<12, func(from, to int) {
		part := values[from:to]
		if unsure {
			for i := range part {
				part[i] = 2
			}
		}
		for n := range t.p {
			column, threshold, labels := t.p[n][from:to], by.at(n), x.labels[from:to]
			for i, p := range column {
				if unsure {
					d := p - threshold
					part[i] = min(part[i], max(d, -d))
					continue
				}
				if labels[i]>>n&1 == 1 {
					p = 1 - p
				}
				part[i] = max(part[i], p)
			}
		}
	})
	return func(row int) float32 {
		if !t.has.has(row) || !unsure && !x.labeled.has(row) {
			return none
		}
		return values[row]
	}
}

// ascending is a number whose order is that of floats, or the reverse; NaN comes last
// in either.
func ascending(v float32, backward bool) uint32 {
	if v != v {
		return math.MaxUint32
	}
	b := math.Float32bits(v)
	if b>>31 == 1 {
		b = ^b
	} else {
		b |= 1 << 31
	}
	if backward {
		b = ^b
	}
	return min(b, math.MaxUint32-1)
}

// sortedIDs are the rows by their Ids, sorted when that is first asked for.
type sortedIDs struct {
	mu   sync.Mutex
	rows []uint32
}

// byIDs are all rows by their Ids.
func (x *Index) byIDs() []uint32 {
	x.order.mu.Lock()
	defer x.order.mu.Unlock()
	n := x.Rows()
	if len(x.order.rows) == n {
		return x.order.rows
	}
	order := make([]uint32, n)
	for i := range order {
		order[i] = uint32(i)
	}
	skip := len(x.common())
	x.sortIDs(order, make([]uint64, n), skip)
	x.order.rows = order
	return order
}

// sortIDs sorts rows whose Ids begin with the same bytes, by eight bytes more and then
// those that are equal in them by the next.
func (x *Index) sortIDs(rows []uint32, heads []uint64, skip int) {
	if len(rows) < 2 {
		return
	}
	if len(rows) < 1<<12 {
		slices.SortFunc(rows, func(a, b uint32) int { return bytes.Compare(x.ids.bytes(int(a))[skip:], x.ids.bytes(int(b))[skip:]) })
		return
	}
	inParts(len(rows), 1<<14, func(from, to int) {
		for i := from; i < to; i++ {
			heads[i] = head(x.ids.bytes(int(rows[i]))[skip:])
		}
	})
	low, high := make([]uint32, len(rows)), make([]uint32, len(rows))
	place := make([]uint32, len(rows))
	for i, h := range heads[:len(rows)] {
		low[i], place[i] = uint32(h), uint32(i)
	}
	place = radix(low, place)
	for i, p := range place {
		high[i] = uint32(heads[p] >> 32)
	}
	place = radix(high, place)
	sorted := make([]uint32, len(rows))
	for i, p := range place {
		sorted[i] = rows[p]
	}
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && heads[place[j]] == heads[place[i]] {
			j++
		}
		if j > i+1 {
			same := sorted[i:j]
			slices.SortFunc(same, func(a, b uint32) int { return bytes.Compare(x.ids.bytes(int(a))[skip:], x.ids.bytes(int(b))[skip:]) })
		}
		i = j
	}
	copy(rows, sorted)
}

// Prepare does beforehand what takes longest, so that nobody waits for it.
func (x *Index) Prepare() { x.byIDs() }

// common is what all Ids begin with.
func (x *Index) common() []byte {
	if x.Rows() == 0 {
		return nil
	}
	prefix := x.ids.bytes(0)
	for row := range x.Rows() {
		id := x.ids.bytes(row)
		n := 0
		for n < len(prefix) && n < len(id) && prefix[n] == id[n] {
			n++
		}
		if prefix = prefix[:n]; n == 0 {
			break
		}
	}
	return prefix
}

// head is the first bytes of a text as a number of the same order.
func head(b []byte) uint64 {
	var first [8]byte
	copy(first[:], b)
	return binary.BigEndian.Uint64(first[:])
}
