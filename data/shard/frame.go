package shard

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"

	"hpaflow/data"
)

// Frame is one sample as a shard holds it.
type Frame struct {
	Key     string
	Labels  data.Labels
	Labeled bool
	Split   string

	Packed   []byte // a zstd frame of tar members
	Raw      int64  // their size
	checksum uint32 // of the members: the low half of XXH64, for the seek table
}

// Bytes is the memory the frame holds.
func (f Frame) Bytes() int64 { return int64(len(f.Packed)) }

// meta is what KEY.json holds.
type meta struct {
	ID     string `json:"id"`
	Labels []int  `json:"labels"`
	Split  string `json:"split"`
	Source string `json:"source"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Depth  int    `json:"depth"`
}

const (
	planesSuffix = ".rgby.npy"
	metaSuffix   = ".json"
)

// Encode makes a frame of a sample. It may be called from many goroutines. A
// key that WebDataset would cut, one with a dot or a slash, is an error.
func Encode(s *data.Sample) (Frame, error) {
	if s.ID == "" || strings.ContainsAny(s.ID, "./\\\x00") {
		return Frame{}, fmt.Errorf("%q cannot be a key in a shard: dots and slashes would cut it", s.ID)
	}
	if err := s.Image.Validate(); err != nil {
		return Frame{}, err
	}
	m := meta{ID: s.ID, Split: s.Split, Source: s.Source(), Width: s.Image.Width, Height: s.Image.Height, Depth: s.Image.Depth()}
	if s.Labeled {
		m.Labels = s.Labels.Numbers()
	}
	about, err := json.Marshal(m)
	if err != nil {
		return Frame{}, err
	}
	raw, err := members(s.ID, appendNPY(make([]byte, 0, s.Image.Bytes()+256), s.Image), append(about, '\n'))
	if err != nil {
		return Frame{}, err
	}
	return Frame{
		Key: s.ID, Labels: s.Labels, Labeled: s.Labeled, Split: s.Split,
		Packed: encoder().EncodeAll(raw, nil), Raw: int64(len(raw)), checksum: uint32(xxhash.Sum64(raw)),
	}, nil
}

// members makes the tar entries of a sample, without the end of the tar. Their
// headers hold nothing that differs from run to run.
func members(key string, planes, about []byte) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(planes) + len(about) + 4*512)
	t := tar.NewWriter(&b)
	for _, m := range []struct {
		name    string
		content []byte
	}{{key + planesSuffix, planes}, {key + metaSuffix, about}} {
		err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: m.name, Size: int64(len(m.content)), Mode: 0o644})
		if err != nil {
			return nil, err
		}
		if _, err := t.Write(m.content); err != nil {
			return nil, err
		}
	}
	if err := t.Flush(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Decode reads a frame. A frame is refused that claims more than maxRaw bytes.
func Decode(packed []byte) (*data.Sample, error) {
	raw, err := decoder().DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	return parse(raw)
}

const maxRaw = 4 << 30

// parse reads the tar entries of one sample.
func parse(raw []byte) (*data.Sample, error) {
	var s data.Sample
	var m meta
	found := 0
	for t := tar.NewReader(bytes.NewReader(raw)); ; found++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if h.Size > int64(len(raw)) {
			return nil, fmt.Errorf("member %s claims %d bytes", h.Name, h.Size)
		}
		content := make([]byte, h.Size)
		if _, err := io.ReadFull(t, content); err != nil {
			return nil, fmt.Errorf("member %s: %w", h.Name, err)
		}
		key, suffix, _ := strings.Cut(h.Name, ".")
		if s.ID != "" && key != s.ID {
			return nil, fmt.Errorf("members of %s and %s in one frame", s.ID, key)
		}
		s.ID = key
		switch "." + suffix {
		case planesSuffix:
			s.Image, err = parseNPY(content)
		case metaSuffix:
			err = json.Unmarshal(content, &m)
		}
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", h.Name, err)
		}
	}
	if found != 2 || s.Image == nil || m.ID != s.ID {
		return nil, fmt.Errorf("frame of %q does not hold its %s and %s", s.ID, planesSuffix, metaSuffix)
	}
	s.Split, s.Labeled = m.Split, m.Labels != nil
	for _, n := range m.Labels {
		if n < 0 || n >= data.MaxClasses {
			return nil, fmt.Errorf("member %s%s: label %d", s.ID, metaSuffix, n)
		}
	}
	s.Labels = data.LabelsOf(m.Labels...)
	return &s, nil
}

// Both are safe for concurrent use, and what they give depends on their input
// alone.
var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(true))
		if err != nil {
			panic(err) // the options are constants
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxRaw), zstd.WithDecoderConcurrency(0))
		if err != nil {
			panic(err)
		}
		return d
	})
)
