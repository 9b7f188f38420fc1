package data

import (
	"errors"
	"strings"
)

// Colours are the channels of the Human Protein Atlas in plane order, as file names
// spell them: microtubules, the protein of interest, nucleus, endoplasmic reticulum.
// They are what planes are whose names nobody gives.
var Colours = [4]string{"red", "green", "blue", "yellow"}

// Sample is one field of cells: an Id, what is known of it, and its pixels
// once they are decoded. A stage that changes a sample changes a copy.
type Sample struct {
	ID      string
	Labels  Labels
	Labeled bool   // Labels is known, though it may be empty
	Split   string // train, val, test_val, test, or empty

	// Sum is the digest of the files that it was read from (package provenance);
	// 0: not known.
	Sum uint64

	// Planes names the planes of the image, or of Files, in their order; nil: they are
	// Colours, as far as those go.
	Planes []string

	Files []File // what the pixels are to be read from; nil once Image is set
	Image *Image // nil until decoded
}

// Pixels gives the image, or says that nothing has decoded it.
func (s *Sample) Pixels() (*Image, error) {
	if s.Image == nil {
		return nil, errors.New("it is not decoded yet: an op decode must come before")
	}
	return s.Image, nil
}

// File is one encoded image of a sample: in a folder, or already in memory.
type File struct {
	Name    string // path, for reading and for errors
	Channel string // its plane's name, as red; RGBY; or Packed
	Sum     uint64 // its sample's Sum, where that is known: of an image that was made, or a frame
	Data    []byte // the bytes, when they did not come from a folder

	// Which slice and time of a file of several it stands for, counted from 1; 0: as
	// the flow chooses; Alone: its name tells of one, and it holds no other.
	Z, T int

	// Of an object of a store, what its listing has told; else 0.
	Size int64
	Mark uint64 // differs where the bytes do
}

// Alone is the Z or T of a file that holds one slice or time, as its name says.
const Alone = -1

// The Channel of a file that holds a whole sample.
const (
	RGBY   = "rgby"   // an image whose channels are the planes
	Packed = "packed" // a frame of a shard
)

// Bytes is the memory the file's content holds.
func (f File) Bytes() int64 { return int64(len(f.Data)) }

// Bytes is the memory the sample holds.
func (s *Sample) Bytes() int64 {
	n := int64(len(s.ID)) + 128
	for _, f := range s.Files {
		n += int64(len(f.Name) + len(f.Data))
	}
	if s.Image != nil {
		n += s.Image.Bytes()
	}
	return n
}

// Source tells where a sample comes from by the form of its Id: "official"
// for a UUID, "external" for PLATE_REST, and "" for neither.
func (s *Sample) Source() string { return SourceOf(s.ID) }

// SourceOf is Sample.Source for an Id.
func SourceOf(id string) string {
	if isUUID(id) {
		return "official"
	}
	plate, rest, found := strings.Cut(id, "_")
	if found && plate != "" && rest != "" && strings.Trim(plate, "0123456789") == "" {
		return "external"
	}
	return ""
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f' || s[i] >= 'A' && s[i] <= 'F'
		if dash != (s[i] == '-') || !dash && !hex {
			return false
		}
	}
	return true
}
