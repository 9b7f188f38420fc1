package embed

import (
	"fmt"
	"slices"

	"hpaflow/data"
)

// Embedding is what a network makes of one image of a cell.
type Embedding struct {
	ID  string
	Sum uint64 // of the files it was read from; 0: not known

	Features      []float32 // the embedding
	Probabilities []float32 // of each location

	// Attention is how much each part of the image counted, (Heads,H,W), and Side
	// how many pixels square the image was. It may be nil.
	Attention   []float32
	Heads, H, W int
	Side        int
}

// Bytes is the memory it holds.
func (e *Embedding) Bytes() int64 {
	return int64(len(e.ID)) + 4*int64(len(e.Features)+len(e.Probabilities)+len(e.Attention)) + 128
}

// Top are the n most probable locations, the most probable first; of equals, the
// first.
func (e *Embedding) Top(n int) []int {
	var top []int
	for range min(n, len(e.Probabilities)) {
		best := -1
		for c, p := range e.Probabilities {
			if !slices.Contains(top, c) && (best < 0 || p > e.Probabilities[best]) {
				best = c
			}
		}
		top = append(top, best)
	}
	return top
}

// Locations are the labels of SubCell's classifiers, in their order.
var Locations = data.Names{
	"Actin filaments", "Aggresome", "Cell Junctions", "Centriolar satellite", "Centrosome", "Cytokinetic bridge",
	"Cytoplasmic bodies", "Cytosol", "Endoplasmic reticulum", "Endosomes", "Focal adhesion sites", "Golgi apparatus",
	"Intermediate filaments", "Lipid droplets", "Lysosomes", "Microtubules", "Midbody", "Mitochondria",
	"Mitotic chromosome", "Mitotic spindle", "Nuclear bodies", "Nuclear membrane", "Nuclear speckles", "Nucleoli",
	"Nucleoli fibrillar center", "Nucleoli rim", "Nucleoplasm", "Peroxisomes", "Plasma membrane", "Vesicles", "Negative",
}

// LocationOf is the name of a location, of so many there are.
func LocationOf(class, classes int) string {
	if classes == len(Locations) {
		return Locations[class]
	}
	return fmt.Sprintf("class %d", class)
}
