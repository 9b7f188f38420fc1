package data

// Batch is what one step of a network takes: N samples, either normalised (X)
// or as planes at the depth they were read at (U8 or U16), which whoever
// computes normalises on its side. One of the three holds the pixels.
type Batch struct {
	N, C, H, W int
	X          []float32 // normalised pixels, shape (N,C,H,W), C order
	U8         []uint8   // or raw ones, in the same order
	U16        []uint16
	Norm       Norm      // what makes raw pixels normalised ones
	Y          []float32 // targets 0 or 1, or between them of mixed samples, shape (N, Classes); nil when a sample is unlabelled
	Classes    int

	Samples []*Sample // N samples without their pixels, in the order of the pixels

	// End is how many records of this pass over the source the data are done
	// with once this batch is: up to its last sample, failed ones included.
	End int64

	// Digest is a hash of what the batch is made of: Ids, labels and the pixels as
	// they were before mixing and normalisation, in order.
	Digest uint64

	lender func(*Batch)
}

// Norm says how pixels become what a network sees. Pixels of 16 bits count as
// 1/257 of their value, so that both depths span 0..255.
type Norm string

const (
	NormFixed    Norm = "fixed"     // (x-127.5)/255, in -0.5..0.5
	NormPerImage Norm = "per_image" // (x-mean)/(std+1e-7) of each plane, with the deviation of the population
)

// Lend says who takes the pixels' memory when the batch is done with. A batch
// that several stages read must not be lent.
func (b *Batch) Lend(lender func(*Batch)) { b.lender = lender }

// Done says that the pixels will not be read again, so that their memory can
// hold another batch; they are nil from then on. For a batch that is not lent
// it does nothing.
func (b *Batch) Done() {
	if b.lender != nil {
		b.lender(b)
		b.X, b.U8, b.U16, b.lender = nil, nil, nil, nil
	}
}

// Pixels is how many values the batch holds.
func (b *Batch) Pixels() int { return max(len(b.X), len(b.U8), len(b.U16)) }

// Plane is plane i of N*C as it lies in the batch; of a normalised batch it is
// empty.
func (b *Batch) Plane(i int) Plane {
	from, to := i*b.H*b.W, (i+1)*b.H*b.W
	switch {
	case b.U8 != nil:
		return Plane{U8: b.U8[from:to]}
	case b.U16 != nil:
		return Plane{U16: b.U16[from:to]}
	}
	return Plane{}
}

// Bytes is the memory the batch holds.
func (b *Batch) Bytes() int64 {
	return 4*int64(len(b.X)+len(b.Y)) + int64(len(b.U8)) + 2*int64(len(b.U16))
}
