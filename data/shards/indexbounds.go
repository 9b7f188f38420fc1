package shards

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The library that reads Parquet believes what a file claims: so many rows, so
// many values in a page, so many bytes once decompressed. An index that was made
// up to claim more than it holds would take all memory. What is checked here
// holds for every index that was written by this package.

// minRow is what a row takes up at least: its checksum, which cannot be made
// smaller.
const minRow = 8

// maxExpansion is how much larger an index gets by being read, at most, beside
// a mebibyte.
const maxExpansion = 64

func mostBytes(size int) int64 { return maxExpansion*int64(size) + 1<<20 }

// openIndex opens an index whose claims fit its size. It says how many rows may
// be read at once: texts that stand in many rows are kept once in the file.
func openIndex(b []byte) (f *parquet.File, atOnce int, err error) {
	if err := boundFooter(b); err != nil {
		return nil, 0, err
	}
	f, err = parquet.OpenFile(bytes.NewReader(b), int64(len(b)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, 0, err
	}
	if !parquet.EqualNodes(f.Schema(), parquet.SchemaOf(row{})) {
		return nil, 0, errors.New("not an index of shards: its columns are others")
	}
	rows := f.NumRows()
	if rows < 0 || rows > int64(len(b)/minRow) {
		return nil, 0, fmt.Errorf("it claims %d rows in %d bytes", rows, len(b))
	}
	c := &chunkBounds{b: b, rows: rows, left: mostBytes(len(b))}
	for _, g := range f.Metadata().RowGroups {
		if g.NumRows < 0 || g.NumRows > rows {
			return nil, 0, fmt.Errorf("a group claims %d of %d rows", g.NumRows, rows)
		}
		for _, chunk := range g.Columns {
			if err := c.chunk(&chunk.MetaData); err != nil {
				return nil, 0, fmt.Errorf("column %v: %w", chunk.MetaData.PathInSchema, err)
			}
		}
	}
	return f, int(max(1, min(mostAtOnce, rows, textAtOnce/(c.texts+1)))), nil
}

// What is read at once: rows, and the bytes that their repeated texts may come to.
const (
	mostAtOnce = 4096
	textAtOnce = 64 << 20
)

const parquetMagic = "PAR1"

// boundFooter checks the metadata at the file's end: their length and the magic
// are its last eight bytes.
func boundFooter(b []byte) error {
	if len(b) < 12 || string(b[:4]) != parquetMagic || string(b[len(b)-4:]) != parquetMagic {
		return errors.New("not a Parquet file")
	}
	n := binary.LittleEndian.Uint32(b[len(b)-8:])
	if int64(n) > int64(len(b)-12) {
		return errThrift
	}
	_, err := boundThrift(b[len(b)-8-int(n):len(b)-8], mostInFooter(len(b)))
	return err
}

// chunkBounds goes over the pages of columns.
type chunkBounds struct {
	b     []byte
	rows  int64
	left  int64 // bytes that pages may still hold once they are decompressed
	texts int64 // bytes of the largest page of texts that rows share
}

// encodings are those that an index is written in.
var encodings = []format.Encoding{format.Plain, format.RLE, format.RLEDictionary, format.DeltaLengthByteArray}

func (c *chunkBounds) chunk(m *format.ColumnMetaData) error {
	start := m.DataPageOffset
	if m.DictionaryPageOffset != 0 {
		start = min(start, m.DictionaryPageOffset)
	}
	size := int64(len(c.b))
	if start < 0 || m.TotalCompressedSize < 0 || start > size || m.TotalCompressedSize > size-start {
		return errors.New("it lies beyond the file")
	}
	if m.Codec != format.Zstd {
		return fmt.Errorf("it is compressed as %v, want zstd", m.Codec)
	}
	if m.NumValues < 0 || m.NumValues > 64*c.rows {
		return fmt.Errorf("it claims %d values in %d rows", m.NumValues, c.rows)
	}
	for pages := c.b[start:][:m.TotalCompressedSize]; len(pages) > 0; {
		var err error
		if pages, err = c.page(pages); err != nil {
			return err
		}
	}
	return nil
}

// page checks the first page, and gives those behind it.
func (c *chunkBounds) page(b []byte) (rest []byte, err error) {
	if rest, err = boundThrift(b, mostElements); err != nil {
		return nil, err
	}
	var head format.PageHeader
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[:len(b)-len(rest)], &head); err != nil {
		return nil, err
	}
	if head.CompressedPageSize < 0 || int64(head.CompressedPageSize) > int64(len(rest)) {
		return nil, errors.New("a page lies beyond its column")
	}
	if c.left -= int64(head.UncompressedPageSize); head.UncompressedPageSize < 0 || c.left < 0 {
		return nil, errors.New("its pages claim more than such a file can hold")
	}
	content, rest := rest[:head.CompressedPageSize], rest[head.CompressedPageSize:]
	values, encoding := int32(0), format.Plain
	switch {
	case head.Type == format.DictionaryPage && head.DictionaryPageHeader.Valid:
		values, encoding = head.DictionaryPageHeader.V.NumValues, head.DictionaryPageHeader.V.Encoding
		c.texts = max(c.texts, int64(head.UncompressedPageSize))
	case head.Type == format.DataPageV2 && head.DataPageHeaderV2.Valid:
		h := &head.DataPageHeaderV2.V
		values, encoding = h.NumValues, h.Encoding
		levels := int64(h.RepetitionLevelsByteLength) + int64(h.DefinitionLevelsByteLength)
		if h.RepetitionLevelsByteLength < 0 || h.DefinitionLevelsByteLength < 0 || levels > int64(len(content)) || levels > int64(head.UncompressedPageSize) {
			return nil, errors.New("a page's levels lie beyond it")
		}
		content = content[levels:]
	default:
		return nil, errors.New("a page of a kind that no index has")
	}
	if values < 0 || int64(values) > 64*c.rows {
		return nil, fmt.Errorf("a page claims %d values in %d rows", values, c.rows)
	}
	if !slices.Contains(encodings, encoding) {
		return nil, fmt.Errorf("a page is encoded as %v, as no index is", encoding)
	}
	return rest, boundFrame(content, int64(head.UncompressedPageSize))
}

// boundFrame says why a zstd frame might hold much more than so many bytes. Its
// blocks tell where its head does not; they may be filled by half, and the last
// one less.
func boundFrame(packed []byte, most int64) error {
	if len(packed) == 0 {
		return nil
	}
	var h zstd.Header
	if err := h.Decode(packed); err != nil {
		return err
	}
	if h.Skippable || h.HasFCS && h.FrameContentSize > uint64(most) {
		return errors.New("a page is not what its head says")
	}
	held, rest, err := mostContent(packed[h.HeaderSize:])
	if err != nil {
		return err
	}
	if held > 2*uint64(most)+2*blockBytes {
		return errors.New("a page holds more than its head says")
	}
	if h.HasCheckSum && len(rest) != checksumBytes || !h.HasCheckSum && len(rest) != 0 {
		return errors.New("a page is more than one zstd frame")
	}
	return nil
}
