package duplicates

import (
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/imagehash"
)

// Hash is 64 bits of a perceptual hash, row by row, most significant first.
type Hash uint64

// String is the hash as 16 hexadecimal digits.
func (h Hash) String() string { return imagehash.Format(uint64(h)) }

// ParseHash reads what String writes, and goimagehash's form.
func ParseHash(text string) (Hash, error) {
	bits, err := imagehash.Parse(text)
	return Hash(bits), err
}

// Image is what is known of a sample when samples are compared.
type Image struct {
	ID     string
	Hash   Hash
	Labels data.Labels
	Train  bool   // an official training sample: its labels count before others'
	File   string // the hashed image; may be empty
}

// Group is samples that show the same picture: a row of a duplicates table.
type Group struct {
	Hash   Hash // of its first image
	IDs    []string
	Labels data.Labels
	Images []Image // in the order of IDs; nil in a group read from a table
}

// Bytes is the memory it holds.
func (g *Group) Bytes() int64 { return 64 + 128*int64(len(g.IDs)) }

// Groups puts images together whose hashes differ in at most distance bits,
// directly or by way of others. Groups come in the order of their first images.
//
// The labels of a group are those of all its training images; if it has none,
// those of all its images. An image of hash 0 is a group of its own.
func Groups(images []Image, distance int) []Group {
	group := make([]int, len(images)) // of each image: the number of its group
	byHash := map[Hash]int{}
	var distinct []Hash
	for i, im := range images {
		n, known := byHash[im.Hash]
		if !known || im.Hash == 0 {
			n = len(distinct)
			distinct = append(distinct, im.Hash)
			byHash[im.Hash] = n
		}
		group[i] = n
	}
	parents := near(distinct, distance)
	place := make([]int, len(distinct)) // of a group in the result, from 1
	var result []Group
	var trained []bool // by group: it has a training image
	for i, im := range images {
		root := parents.Find(group[i])
		if place[root] == 0 {
			result = append(result, Group{Hash: im.Hash})
			trained = append(trained, false)
			place[root] = len(result)
		}
		g, train := &result[place[root]-1], &trained[place[root]-1]
		g.IDs, g.Images = append(g.IDs, im.ID), append(g.Images, im)
		switch {
		case im.Train && !*train:
			g.Labels, *train = im.Labels, true
		case im.Train || !*train:
			g.Labels |= im.Labels
		}
	}
	return result
}

// labelText is a set of labels as the duplicates and leak tables hold it:
// sorted as text, so that 16 stands before 2.
func labelText(l data.Labels) string {
	words := strings.Fields(l.String())
	slices.Sort(words)
	return strings.Join(words, " ")
}
