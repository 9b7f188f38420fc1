// Package balance draws the rows of an epoch so that samples with rare labels
// come as often as those with common ones: as many as the table has, with
// replacement, as torch.utils.data.WeightedRandomSampler does. The weight of a row
// is 1/n where n rows have its rarest label; rows without any label count as those
// of a label of their own.
//
// What always holds: an epoch's rows follow from the table, the seed and the
// number of the epoch alone, and of one that is drawn twice the keys differ.
// Reading images is not here.
package balance
