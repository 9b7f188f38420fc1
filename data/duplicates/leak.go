package duplicates

import "hpaflow/data"

// Leaks gives the test images whose hash is not 0 and lies within distance
// bits of a known image's, with the labels of the group that image is in. Of
// several, the nearest counts; of equally near ones, the first.
func Leaks(known, test []Image, distance int) []Image {
	index, labels := newIndex(distance), map[Hash]data.Labels{}
	for _, g := range Groups(known, distance) {
		for _, im := range g.Images {
			labels[im.Hash] = g.Labels
		}
	}
	delete(labels, 0)
	added := map[Hash]bool{0: true}
	for _, im := range known {
		if !added[im.Hash] {
			added[im.Hash] = true
			index.add(im.Hash)
		}
	}
	var leaks []Image
	for _, im := range test {
		if h, found := index.nearest(im.Hash); found && im.Hash != 0 {
			im.Labels = labels[h]
			leaks = append(leaks, im)
		}
	}
	return leaks
}
