// Package duplicates has the ops that find images which are copies of each
// other: perceptual hashes, and groups and leaks of equal or near ones.
package duplicates
