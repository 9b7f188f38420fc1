package models

import (
	"fmt"

	"hpaflow/models/network"
)

// LeastBatch is the fewest samples that a batch to train on may have: two where
// images are so small that the deepest layers leave one value a channel, which
// has no variance for batch norm; else one.
func (o *Options) LeastBatch() int {
	outline, err := network.Sketch(o.Model, o.Channels, o.Height, o.Width, o.Classes, true)
	if err != nil || outline.Norm != 1 { // 0 where there is no batch norm
		return 1
	}
	return 2
}

// TooFew is the error of a batch of fewer samples than LeastBatch.
func (o *Options) TooFew(samples int) error {
	return fmt.Errorf("a batch of %d sample of %dx%d leaves one value a channel in the deepest layers of %s, and batch norm needs two: larger images, or more samples in every batch",
		samples, o.Height, o.Width, o.Model)
}
