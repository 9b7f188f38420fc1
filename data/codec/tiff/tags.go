package tiff

import "fmt"

// Tag is the number of a field.
type Tag uint16

// The tags that are read.
const (
	NewSubfileType   Tag = 254
	SubfileType      Tag = 255 // the older way to say it
	ImageWidth       Tag = 256
	ImageLength      Tag = 257
	BitsPerSample    Tag = 258
	Compression      Tag = 259
	Photometric      Tag = 262
	FillOrder        Tag = 266
	ImageDescription Tag = 270
	StripOffsets     Tag = 273
	SamplesPerPixel  Tag = 277
	RowsPerStrip     Tag = 278
	StripByteCounts  Tag = 279
	PlanarConfig     Tag = 284
	Software         Tag = 305
	Predictor        Tag = 317
	ColorMap         Tag = 320
	TileWidth        Tag = 322
	TileLength       Tag = 323
	TileOffsets      Tag = 324
	TileByteCounts   Tag = 325
	ExtraSamples     Tag = 338
	SampleFormat     Tag = 339
	JPEGTables       Tag = 347
	YCbCrSubSampling Tag = 530
	ImageDepth       Tag = 32997
	MetadataCounts   Tag = 50838 // of ImageJ
	Metadata         Tag = 50839
)

var tagNames = map[Tag]string{
	NewSubfileType: "NewSubfileType", SubfileType: "SubfileType", ImageWidth: "ImageWidth", ImageLength: "ImageLength", BitsPerSample: "BitsPerSample",
	Compression: "Compression", Photometric: "PhotometricInterpretation", FillOrder: "FillOrder",
	ImageDescription: "ImageDescription", StripOffsets: "StripOffsets", SamplesPerPixel: "SamplesPerPixel",
	RowsPerStrip: "RowsPerStrip", StripByteCounts: "StripByteCounts", PlanarConfig: "PlanarConfiguration",
	Software: "Software", Predictor: "Predictor", ColorMap: "ColorMap", TileWidth: "TileWidth", TileLength: "TileLength",
	TileOffsets: "TileOffsets", TileByteCounts: "TileByteCounts", ExtraSamples: "ExtraSamples",
	SampleFormat: "SampleFormat", JPEGTables: "JPEGTables", YCbCrSubSampling: "YCbCrSubSampling", ImageDepth: "ImageDepth",
	MetadataCounts: "IJMetadataByteCounts", Metadata: "IJMetadata",
}

func (t Tag) String() string {
	if name, ok := tagNames[t]; ok {
		return name
	}
	return fmt.Sprintf("tag %d", uint16(t))
}

// Photometric interpretations.
const (
	WhiteIsZero = 0
	BlackIsZero = 1
	RGB         = 2
	Palette     = 3
	Mask        = 4
	Separated   = 5
	YCbCr       = 6
	CIELab      = 8
)

var photometrics = map[int]string{
	WhiteIsZero: "grey", BlackIsZero: "grey", RGB: "RGB", Palette: "a palette", Mask: "a mask", Separated: "CMYK", YCbCr: "YCbCr",
	CIELab: "CIELAB", 9: "ICCLAB", 10: "ITULAB", 32803: "a sensor's mosaic (CFA)", 32844: "LogL", 32845: "LogLUV", 34892: "linear raw",
}

// PhotometricName is how an interpretation is called.
func PhotometricName(p int) string {
	if name, ok := photometrics[p]; ok {
		return name
	}
	return fmt.Sprintf("photometric interpretation %d", p)
}
