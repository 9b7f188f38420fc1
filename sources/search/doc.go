// Package search has the source of a search's trials.
package search
