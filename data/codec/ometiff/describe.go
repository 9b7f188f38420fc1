package ometiff

import (
	"encoding/xml"
	"fmt"
	"strings"

	"hpaflow/data"
)

// description is OME-XML (schema 2016-06) of an image whose planes are channels.
func description(im *data.Image, names []string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` +
		`<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
		`xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd" Creator="` + software + `">`)
	fmt.Fprintf(&b, `<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint%d" BigEndian="false" `+
		`SizeX="%d" SizeY="%d" SizeC="%d" SizeZ="1" SizeT="1">`, im.Depth(), im.Width, im.Height, len(im.Planes))
	for i := range im.Planes {
		fmt.Fprintf(&b, `<Channel ID="Channel:0:%d" SamplesPerPixel="1"`, i)
		if i < len(names) && names[i] != "" {
			b.WriteString(` Name="`)
			xml.EscapeText(&b, []byte(names[i])) // into memory, which cannot fail
			b.WriteString(`"`)
		}
		b.WriteString(`/>`)
	}
	for i := range im.Planes {
		fmt.Fprintf(&b, `<TiffData FirstC="%d" FirstZ="0" FirstT="0" IFD="%d" PlaneCount="1"/>`, i, i)
	}
	b.WriteString(`</Pixels></Image></OME>`)
	return b.String()
}
