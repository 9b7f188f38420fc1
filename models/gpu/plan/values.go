package plan

// Type is how a value's numbers are kept.
type Type uint8

// The types of values. Images are F32 or BF16, what a max pool keeps of its
// windows is U8, everything else F32.
const (
	F32 Type = iota
	BF16
	U8
)

// Bytes is the size of one number.
func (t Type) Bytes() int64 { return [...]int64{4, 2, 1}[t] }

func (t Type) String() string { return [...]string{"float32", "bfloat16", "uint8"}[t] }

// ID names a value of a program.
type ID int

// None stands where an operation has no such value.
const None ID = -1

// Value is what a step reads or writes: images (N,H,W,C), or rows (N,C), where
// H and W are 1.
type Value struct {
	Type    Type
	H, W, C int

	Stride int   // numbers from one row to the next: C, or that of the wider rows it lies in
	Offset int64 // bytes from the start of the arena
	place  int   // of the program's places
	first  int   // the channel of the place's rows that it begins at
}

// Rows is how many rows n samples have.
func (v *Value) Rows(n int) int { return n * v.H * v.W }

// Bytes is the memory of n samples of a value that is no slice.
func (v *Value) Bytes(n int) int64 { return int64(v.Rows(n)) * int64(v.C) * v.Type.Bytes() }

// place is memory for values that are the same numbers, or slices of them.
type place struct {
	row         int64 // bytes of a row
	rows        int   // a sample
	first, last int   // steps that touch it
	offset      int64
}

func (p *place) bytes(n int) int64 { return align(int64(n) * int64(p.rows) * p.row) }

// alignment of every value in the arena.
const alignment = 256

func align(n int64) int64 { return (n + alignment - 1) / alignment * alignment }
