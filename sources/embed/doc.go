// Package embed has the sources of embeddings: images of cells in whatever form a
// folder has them, and the rows of tables of embeddings.
package embed
