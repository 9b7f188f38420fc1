// Package split deals samples out to folds that are alike in their labels.
package split
