package hpa

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// Name is what an image's files are called, but for colour and format.
type Name struct {
	Folder string // the number of the antibody
	Field  string // PLATE_WELL_FOV
	Mark   string // _cr and 13 digits, where there is one
}

// ID is the image's Id, NUM_PLATE_WELL_FOV.
func (n Name) ID() string { return n.Folder + "_" + n.Field }

// String is the name with all its parts: NUM/PLATE_WELL_FOV_crDIGITS.
func (n Name) String() string { return n.Folder + "/" + n.Field + n.Mark }

// Format is one of those that images are served in.
type Format string

const (
	TIFF Format = "tif" // 16 bits a plane, in gzip
	JPEG Format = "jpg" // 8 bits
)

// Formats are both, the better first.
var Formats = []string{string(TIFF), string(JPEG)}

// ending is that of its files.
func (f Format) ending() string {
	if f == TIFF {
		return ".tif.gz"
	}
	return ".jpg"
}

// Paths are where a channel's file may be below the server's root, the likeliest
// first: JPEGs mostly have the mark in their names, TIFFs mostly have not.
func (n Name) Paths(f Format, colour string) []string {
	with := n.String() + "_" + colour + f.ending()
	if n.Mark == "" {
		return []string{with}
	}
	without := n.Folder + "/" + n.Field + "_" + colour + f.ending()
	if f == TIFF {
		return []string{without, with}
	}
	return []string{with, without}
}

// The names of fields, and of the antibodies' folders.
var (
	fieldName  = regexp.MustCompile(`^([A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*_[0-9]+)(_cr[0-9a-f]{13})?$`)
	folderName = regexp.MustCompile(`^[0-9]+$`)
)

// KnockDownError is of an image of cells in which the gene was silenced.
type KnockDownError struct{ Name string }

func (e *KnockDownError) Error() string {
	return fmt.Sprintf("%s is of cells with the gene silenced (si...)", e.Name)
}

// ParseURL reads the address of an image, of one channel or of several, and of any
// release: what counts are the last two parts.
func ParseURL(address string) (Name, error) {
	u, err := url.Parse(address)
	if err != nil || u.Path == "" {
		return Name{}, fmt.Errorf("%.200q is no address of an image", address)
	}
	folder, file := path.Split(u.Path)
	for _, ending := range []string{".tif.gz", ".tif", ".jpg", ".jpeg"} {
		if stem, has := strings.CutSuffix(file, ending); has {
			file = stem
			break
		}
	}
	for cut := true; cut; {
		cut = false
		for _, colour := range []string{"_blue", "_red", "_green", "_yellow"} {
			if stem, has := strings.CutSuffix(file, colour); has {
				file, cut = stem, true
			}
		}
	}
	return parse(path.Base(folder), file, address)
}

// ParseID reads an Id, NUM_PLATE_WELL_FOV, perhaps with a mark.
func ParseID(id string) (Name, error) {
	folder, file, _ := strings.Cut(id, "_")
	return parse(folder, file, id)
}

func parse(folder, file, of string) (Name, error) {
	if len(file) > 1 && strings.EqualFold(file[:2], "si") {
		return Name{}, &KnockDownError{of}
	}
	m := fieldName.FindStringSubmatch(file)
	if m == nil || !folderName.MatchString(folder) {
		return Name{}, fmt.Errorf("%.200q names no image: NUM/PLATE_WELL_FOV is looked for, or NUM_PLATE_WELL_FOV", of)
	}
	return Name{Folder: folder, Field: m[1], Mark: m[2]}, nil
}
