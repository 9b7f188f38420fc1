package stack

import (
	"encoding/xml"
	"fmt"
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
			Order    string `xml:"DimensionOrder,attr"`
			C        int    `xml:"SizeC,attr"`
			Z        int    `xml:"SizeZ,attr"`
			T        int    `xml:"SizeT,attr"`
			Channels []struct {
				Name    string `xml:"Name,attr"`
				Fluor   string `xml:"Fluor,attr"`
				Samples int    `xml:"SamplesPerPixel,attr"`
			} `xml:"Channel"`
			Data []tiffData `xml:"TiffData"`
		}
	} `xml:"Image"`
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
	for _, c := range px.Channels {
		name := c.Name
		if name == "" {
			name = c.Fluor
		}
		for range max(1, min(c.Samples, s.C)) {
			s.Names = append(s.Names, name)
		}
	}
	s.Names = s.Names[:min(len(s.Names), s.C)]
	if strings.Trim(strings.Join(s.Names, ""), " ") == "" {
		s.Names = nil
	}
	c := s.C / s.Combined
	order, err := newOrder(px.Order, c, s.Z, s.T)
	if err != nil {
		return false, s.first.Errorf(tiff.ImageDescription, "OME-XML: %w", err)
	}
	table, err := s.directories(x.UUID, px.Data, order, c*s.Z*s.T)
	if err != nil {
		return false, err
	}
	s.at = func(c, z, t int) (page, error) {
		d := table[order.place(c, z, t)]
		switch {
		case d.file != "":
			return page{}, s.first.Errorf(tiff.ImageDescription, "OME-XML: the plane of channel %d, slice %d, time %d is in another file, %s; give the files as one: bfconvert IN.ome.tif OUT.ome.tif", c, z, t, d.file)
		case d.index < 0:
			return page{}, s.first.Errorf(tiff.ImageDescription, "OME-XML: the plane of channel %d, slice %d, time %d is in no file", c, z, t)
		}
		return page{index: d.index}, nil
	}
	return true, nil
}

// directory is where a plane is: in one of this file, or in another file.
type directory struct {
	index int // -1: it is nowhere
	file  string
}

// directories finds where each plane is, by its place in the order.
func (s *Stack) directories(own string, blocks []tiffData, o order, planes int) ([]directory, error) {
	table := make([]directory, planes)
	for i := range table {
		table[i].index = -1
	}
	if len(blocks) == 0 {
		blocks = []tiffData{{}}
	}
	for _, b := range blocks {
		ifd, n := 0, 1
		if b.IFD != nil {
			ifd = *b.IFD
		}
		switch {
		case b.PlaneCount != nil:
			n = *b.PlaneCount
		case b.IFD == nil:
			n = planes
		}
		if b.C < 0 || b.Z < 0 || b.T < 0 || b.C >= o.c || b.Z >= o.z || b.T >= o.t || ifd < 0 || n < 0 {
			return nil, s.first.Errorf(tiff.ImageDescription, "OME-XML: TiffData of channel %d, slice %d, time %d, directory %d is outside of what there is", b.C, b.Z, b.T, ifd)
		}
		at := o.place(b.C, b.Z, b.T)
		for k := range min(n, planes-at) {
			d := directory{index: ifd + k}
			if b.UUID != nil && own != "" && strings.TrimSpace(b.UUID.ID) != own {
				d = directory{-1, b.UUID.File}
				if d.file == "" {
					d.file = strings.TrimSpace(b.UUID.ID)
				}
			}
			table[at+k] = d
		}
	}
	return table, nil
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

func (o order) place(c, z, t int) int { return c*o.stepC + z*o.stepZ + t*o.stepT }
