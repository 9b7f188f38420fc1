// Package embed has the ops on single cells: embeddings by SubCell's network, and
// the cells nearest to each.
package embed
