// Package search is the bookkeeping of a search for augmentation policies: what
// is tried, how results rank, which trials go on when hopeless ones are stopped
// early, and the files that hold the outcome. Training a trial is not here: see
// ops.
//
// Trial 0 is the base, which trains without a policy: it is there to compare
// with and is never kept. Every other trial is a set of pairs drawn from the
// search space. The best sets, joined, are a policy as package augment reads it.
//
// What always holds: the ranking and the files follow from the results alone,
// whatever the order in which they came.
package search
