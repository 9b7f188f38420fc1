// Package metrics scores the output of a multi-label network over an epoch,
// and chooses the thresholds by which probabilities become labels.
//
// Logits and targets come in batches, in any number and order, and leave as
// the mean loss, the share of right decisions, and F1 by label: 2*hits over
// 2*hits + false alarms + misses, 0 where that is 0/0. Epoch.Decide counts
// decisions that were made elsewhere, such as by thresholds. Weights and files
// are not here.
package metrics
