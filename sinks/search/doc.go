// Package search has the sink of a search's results: its table, its picture and
// the policy that it ends with.
package search
