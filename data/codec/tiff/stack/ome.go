package stack

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"hpaflow/data/codec/tiff"
)

// isOME says whether a description is OME-XML.
func isOME(text string) bool {
	head := text[:min(len(text), 4096)]
	return strings.HasPrefix(strings.TrimLeft(head, " \t\r\n\ufeff"), "<") && strings.Contains(head, "<OME")
}

// omeXML is what is read of OME-XML (schema 2016-06).
type omeXML struct {
	UUID   string `xml:"UUID,attr"`
	Binary *struct {
		File string `xml:"MetadataFile,attr"`
	} `xml:"BinaryOnly"`
	Images []struct {
		Name   string `xml:"Name,attr"`
		Pixels struct {
			Order    string     `xml:"DimensionOrder,attr"`
			C        int        `xml:"SizeC,attr"`
			Z        int        `xml:"SizeZ,attr"`
			T        int        `xml:"SizeT,attr"`
			Channels []channel  `xml:"Channel"`
			Data     []tiffData `xml:"TiffData"`
		}
	} `xml:"Image"`
}

// channel is one of the image's, or several that are samples of a pixel.
type channel struct {
	Name    string `xml:"Name,attr"`
	Fluor   string `xml:"Fluor,attr"`
	Samples int    `xml:"SamplesPerPixel,attr"`
}

// tiffData says which planes are in which directories of which file.
type tiffData struct {
	IFD        *int `xml:"IFD,attr"`
	PlaneCount *int `xml:"PlaneCount,attr"`
	C          int  `xml:"FirstC,attr"`
	Z          int  `xml:"FirstZ,attr"`
	T          int  `xml:"FirstT,attr"`
	UUID       *struct {
		File string `xml:"FileName,attr"`
		ID   string `xml:",chardata"`
	} `xml:"UUID"`
}

// ome reads OME-XML.
func (s *Stack) ome(text string) (bool, error) {
	var x omeXML
	if err := xml.Unmarshal([]byte(text), &x); err != nil {
		return false, s.first.Errorf(tiff.ImageDescription, "OME-XML: %w", err)
	}
	if x.Binary != nil {
		return false, s.first.Errorf(tiff.ImageDescription, "OME-XML: what the pages are stands in another file, %s; give that", x.Binary.File)
	}
	if len(x.Images) != 1 {
		return false, s.first.Errorf(tiff.ImageDescription, "OME-XML: the file has %d images, and which is meant is not known; write each to a file of its own: bfconvert IN.ome.tif OUT_%%s.ome.tif", len(x.Images))
	}
	px := x.Images[0].Pixels
	if err := s.set("OME", px.C, px.Z, px.T); err != nil {
		return false, err
	}
	if s.C%s.Combined != 0 {
		return false, s.first.Errorf(tiff.ImageDescription, "OME-XML: %d channels, where a pixel has %d samples", s.C, s.Combined)
	}
	c := s.C / s.Combined
	order, err := newOrder(px.Order, c, s.Z, s.T)
	if err != nil {
		return false, s.first.Errorf(tiff.ImageDescription, "OME-XML: %w", err)
	}
	blocks, err := s.blocks(x.UUID, px.Data, order)
	if err != nil {
		return false, err
	}
	s.name(px.Channels)
	where := newRuns(blocks)
	s.at = func(c, z, t int) (page, error) {
		place := order.place(c, z, t)
		b := where.of(place)
		switch {
		case b == nil:
			return page{}, s.first.Errorf(tiff.ImageDescription, "OME-XML: the plane of channel %d, slice %d, time %d is in no file", c, z, t)
		case b.file != "":
			return page{}, s.first.Errorf(tiff.ImageDescription, "OME-XML: the plane of channel %d, slice %d, time %d is in another file, %s; give the files as one: bfconvert IN.ome.tif OUT.ome.tif", c, z, t, b.file)
		}
		return page{index: b.index + place - b.from}, nil
	}
	return true, nil
}

// mostNames is how many channels may have names: as many as a pixel may have samples.
const mostNames = 1 << 16

// name gives the channels their names. Samples of a pixel share one.
func (s *Stack) name(channels []channel) {
	n, named := min(s.C, mostNames), false
	for _, c := range channels {
		left := n - len(s.Names)
		if left == 0 {
			break
		}
		name := cmp.Or(c.Name, c.Fluor)
		named = named || strings.Trim(name, " ") != ""
		s.Names = append(s.Names, slices.Repeat([]string{name}, max(1, min(c.Samples, left)))...)
	}
	if !named {
		s.Names = nil
	}
}

// order is in which order planes are counted.
type order struct {
	c, z, t             int
	stepC, stepZ, stepT int
}

// newOrder reads a DimensionOrder, such as XYCZT: the first changes first.
func newOrder(text string, c, z, t int) (order, error) {
	o := order{c: c, z: z, t: t}
	if len(text) != 5 || text[:2] != "XY" {
		return o, fmt.Errorf("DimensionOrder is %q", text)
	}
	step := 1
	for _, axis := range text[2:] {
		switch axis {
		case 'C':
			o.stepC, step = step, step*c
		case 'Z':
			o.stepZ, step = step, step*z
		case 'T':
			o.stepT, step = step, step*t
		}
	}
	if o.stepC*o.stepZ*o.stepT == 0 {
		return o, fmt.Errorf("DimensionOrder is %q", text)
	}
	return o, nil
}

func (o order) planes() int { return o.c * o.z * o.t }

func (o order) place(c, z, t int) int { return c*o.stepC + z*o.stepZ + t*o.stepT }
