package view

import (
	"bytes"
	"hash/maphash"
	"unsafe"
)

// ids are the Ids of rows, one behind the other, and a table that finds them: of a
// million, less than half of what a map takes.
type ids struct {
	text  []byte
	end   []uint32 // of each in text
	seed  maphash.Seed
	table []uint32 // rows plus one, by the hash of their Id
}

// maxText bounds the bytes of all Ids, whose ends are 32 bits.
const maxText = 1<<32 - 1

func (x *ids) len() int { return len(x.end) }

// at is the Id of a row. Its memory is never changed.
func (x *ids) at(row int) string {
	b := x.bytes(row)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (x *ids) bytes(row int) []byte {
	begin := uint32(0)
	if row > 0 {
		begin = x.end[row-1]
	}
	return x.text[begin:x.end[row]:x.end[row]]
}

func (x *ids) find(id string) (row int, found bool) {
	if len(x.table) == 0 {
		return 0, false
	}
	at := x.place(id)
	if x.table[at] == 0 {
		return 0, false
	}
	return int(x.table[at] - 1), true
}

// place is where an Id stands in the table, or would.
func (x *ids) place(id string) int {
	mask := uint64(len(x.table) - 1)
	for h := maphash.String(x.seed, id) & mask; ; h = (h + 1) & mask {
		if row := x.table[h]; row == 0 || x.at(int(row-1)) == id {
			return int(h)
		}
	}
}

// add gives the row of an Id, which may be a new one.
func (x *ids) add(id string) (row int, added bool) {
	if len(x.end)*4 >= len(x.table)*3 {
		x.grow()
	}
	at := x.place(id)
	if x.table[at] != 0 {
		return int(x.table[at] - 1), false
	}
	x.text = append(x.text, id...)
	x.end = append(x.end, uint32(len(x.text)))
	x.table[at] = uint32(len(x.end))
	return len(x.end) - 1, true
}

func (x *ids) grow() {
	if len(x.table) == 0 {
		x.seed = maphash.MakeSeed()
	}
	x.table = make([]uint32, max(1<<10, 2*len(x.table)))
	mask := uint64(len(x.table) - 1)
	for row := range x.end {
		h := maphash.Bytes(x.seed, x.bytes(row)) & mask
		for x.table[h] != 0 {
			h = (h + 1) & mask
		}
		x.table[h] = uint32(row) + 1
	}
}

// containing marks the rows whose Id has a text in it.
func (x *ids) containing(text string, of bitset) {
	want := []byte(text)
	row := 0
	for at := 0; at < len(x.text); {
		i := bytes.Index(x.text[at:], want)
		if i < 0 {
			return
		}
		at += i
		for int(x.end[row]) <= at {
			row++
		}
		if at+len(want) <= int(x.end[row]) {
			of.set(row)
			at = int(x.end[row])
		} else {
			at++ // it goes over into the next Id
		}
	}
}
