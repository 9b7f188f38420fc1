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
}

// Bytes is the memory the batch holds.
func (b *Batch) Bytes() int64 { return 4 * int64(len(b.X)+len(b.Y)) }
