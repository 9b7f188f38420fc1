// Package plan turns the description of a network into what a card is told to
// do: a list of steps over values, forward and, to train, backward, with a place
// in one piece of memory for each value, and a place in flat buffers for each
// parameter. It computes nothing and knows no driver, so it needs no card.
//
// What always holds: images lie as rows of channels (N,H,W,C), one row a
// position; a value that is laid into a concatenation is a slice of the wider
// rows, and no convolution reads or writes such a slice; values whose lifetimes
// meet never share memory; a plan is made for the largest batch, and a smaller
// one lies in the same places.
package plan
