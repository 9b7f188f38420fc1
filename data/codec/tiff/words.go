package tiff

import "fmt"

// Compressions.
const (
	compressionNone     = 1
	compressionLZW      = 5
	compressionJPEG     = 7
	compressionDeflate  = 8
	compressionPackBits = 32773
	compressionDeflate2 = 32946 // the code before Adobe's
	compressionLZMA     = 34925
	compressionZstd     = 50000
	compressionWebP     = 50001
)

// expands is how many bytes a byte of a stream stands for, at most: of LZW the longest
// string in 12 bits, of zstd a block of one byte repeated, of LZMA about as much.
var expands = map[int]int{
	compressionNone: 1, compressionLZW: 2731, compressionDeflate: 1032, compressionDeflate2: 1032, compressionPackBits: 64,
	compressionLZMA: 1 << 16, compressionZstd: 1 << 16, compressionJPEG: 1 << 12, compressionWebP: 1 << 16,
}

// What is written where one file is made of another.
const (
	byTiffcp  = "convert it: tiffcp -c zip IN.tif OUT.tif"
	byFormats = "convert it with Bio-Formats: bfconvert -compression zlib IN.tif OUT.ome.tif"
)

// refused are the compressions that are known and not read, and what to do.
var refused = map[int][2]string{
	2:     {"CCITT RLE", byTiffcp},
	3:     {"CCITT fax, group 3", byTiffcp},
	4:     {"CCITT fax, group 4", byTiffcp},
	6:     {"JPEG of the old style", byTiffcp},
	9:     {"JBIG", byTiffcp},
	10:    {"JBIG", byTiffcp},
	32766: {"NeXT", byTiffcp},
	32771: {"CCITT RLE in words", byTiffcp},
	32809: {"ThunderScan", byTiffcp},
	32908: {"PixarFilm", byTiffcp},
	32909: {"PixarLog", byTiffcp},
	33003: {"JPEG 2000", byFormats},
	33004: {"JPEG 2000", byFormats},
	33005: {"JPEG 2000", byFormats},
	34661: {"JBIG", byTiffcp},
	34676: {"SGI LogLuv", byTiffcp},
	34677: {"SGI LogLuv of 24 bits", byTiffcp},
	34712: {"JPEG 2000", byFormats},
	34887: {"LERC", byTiffcp},
	34892: {"lossy JPEG of DNG", byFormats},
	34934: {"JPEG XR", byFormats},
	48124: {"JetRaw", "decompress it with Jetraw's own program"},
	50002: {"JPEG XL", byFormats},
	50003: {"JPEG XL", byFormats},
	52546: {"JPEG XL", byFormats},
	65000: {"electron events (EER)", "sum its frames into a TIFF first: relion_convert_to_tiff"},
	65001: {"electron events (EER)", "sum its frames into a TIFF first: relion_convert_to_tiff"},
	65002: {"electron events (EER)", "sum its frames into a TIFF first: relion_convert_to_tiff"},
}

// readCompression refuses what is not read, by name.
func (p *Page) readCompression() error {
	d := p.dir
	switch p.compression { // codes that have been given twice
	case 34926:
		p.compression = compressionZstd
	case 34927:
		p.compression = compressionWebP
	case 33007:
		p.compression = compressionJPEG
	case 50013: // of Hamamatsu
		p.compression = compressionDeflate
	}
	if _, known := expands[p.compression]; !known {
		name := refused[p.compression]
		if name[0] == "" {
			name = [2]string{fmt.Sprint(p.compression), byTiffcp + ", or: bfconvert -compression zlib IN.tif OUT.ome.tif"}
		}
		return d.errorf(Compression, "%s is not read; %s", name[0], name[1])
	}
	if p.whole() { // each has its own way to predict
		p.predictor = 1
		name := "WebP"
		if p.IsJPEG() {
			name = "JPEG"
		}
		if p.Bits != 8 || p.Format != Unsigned {
			return d.errorf(BitsPerSample, "%s of %d bits is not read; %s", name, p.Bits, byTiffcp)
		}
		if p.Photometric != BlackIsZero && p.Photometric != WhiteIsZero && p.Photometric != RGB && p.Photometric != YCbCr {
			return d.errorf(Photometric, "%s of %s is not read; %s", name, PhotometricName(p.Photometric), byTiffcp)
		}
		return nil
	}
	if p.Photometric == YCbCr {
		if sub, found := d.entries[YCbCrSubSampling]; !found || sub.count < 2 {
			return d.errorf(YCbCrSubSampling, "YCbCr in halved resolution is read as JPEG alone; %s", byTiffcp)
		}
		by, err := d.numbers(YCbCrSubSampling, 2)
		if err != nil {
			return err
		}
		if by[0] != 1 || by[1] != 1 {
			return d.errorf(YCbCrSubSampling, "YCbCr in halved resolution is read as JPEG alone; %s", byTiffcp)
		}
	}
	switch p.predictor {
	case 1:
		return nil
	case 2:
		if p.Bits == 8 || p.Bits == 16 || p.Bits == 32 || p.Bits == 64 {
			return nil
		}
	case 3:
		if p.Format == Float {
			return nil
		}
	default:
		return d.errorf(Predictor, "%d is not read; %s", p.predictor, byTiffcp)
	}
	return d.errorf(Predictor, "predictor %d for %d-bit %v samples is not read; %s", p.predictor, p.Bits, p.Format, byTiffcp)
}

// whole says that a strip or tile is an image by itself.
func (p *Page) whole() bool {
	return p.IsJPEG() || p.compression == compressionWebP
}

// IsJPEG says that the page is compressed as JPEG, whose YCbCr is read as RGB.
func (p *Page) IsJPEG() bool { return p.compression == compressionJPEG }
