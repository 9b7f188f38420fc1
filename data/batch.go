package data

// Batch is what one step of a network takes: N samples, normalised.
type Batch struct {
	N, C, H, W int
	X          []float32 // pixels, shape (N,C,H,W), C order
	Y          []float32 // targets 0 or 1, shape (N, Classes); nil when a sample is unlabelled
	Classes    int

	Samples []*Sample // N samples without their pixels, in the order of X

	// End is how many records of this pass over the source the data are done
	// with once this batch is: up to its last sample, failed ones included.
	End int64

	// Digest is a hash of what the batch holds: Ids, labels and the pixels as
	// they were before normalisation, in order.
	Digest uint64

	lender func(x []float32)
}

// Lend says whom X is to be handed back to when the batch is done with. A batch
// that several stages read must not be lent.
func (b *Batch) Lend(lender func(x []float32)) { b.lender = lender }

// Done says that X will not be read again, so that its memory can hold another
// batch; X is nil from then on. For a batch that is not lent it does nothing.
func (b *Batch) Done() {
	if b.lender != nil {
		b.lender(b.X)
		b.X, b.lender = nil, nil
	}
}

// Bytes is the memory the batch holds.
func (b *Batch) Bytes() int64 { return 4 * int64(len(b.X)+len(b.Y)) }
