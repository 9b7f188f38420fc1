// Package predict has the source of probabilities: tables, averaged by weight.
package predict
