package shard

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
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
	Filter string `json:"filter,omitempty"` // of the planes: none, or "up"
}

const (
	planesSuffix = ".rgby.npy"
	upSuffix     = ".rgby.up.npy"
	metaSuffix   = ".json"
)

// Encode makes a frame of a sample. It may be called from many goroutines. A
// key that WebDataset would cut, one with a dot or a slash, is an error.
func Encode(s *data.Sample, payload Payload) (Frame, error) {
	if s.ID == "" || strings.ContainsAny(s.ID, "./\\\x00") {
		return Frame{}, fmt.Errorf("%q cannot be a key in a shard: dots and slashes would cut it", s.ID)
	}
	if err := errors.Join(s.Image.Validate(), payload.Validate()); err != nil {
		return Frame{}, err
	}
	raw := buffers.Get().(*[]byte)
	defer buffers.Put(raw)
	cuts, err := members(raw, s, payload)
	if err != nil {
		return Frame{}, err
	}
	f := Frame{
		Key: s.ID, Labels: s.Labels, Labeled: s.Labeled, Split: s.Split,
		Raw: int64(len(*raw)), checksum: uint32(xxhash.Sum64(*raw)),
	}
	packed := make([]byte, 0, f.Raw*5/8+512)
	if payload == Zstd {
		f.Packed = encoder().EncodeAll(*raw, packed)
		return f, nil
	}
	if f.Raw > math.MaxUint32 {
		return Frame{}, fmt.Errorf("%d bytes are more than a frame can hold", f.Raw)
	}
	f.Packed = appendLiterals(packed, *raw, f.checksum, cuts...)
	return f, nil
}

// buffers hold the content of frames while they are encoded or decoded.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// members makes the tar entries of a sample in b, without the end of the tar.
// Their headers hold nothing that differs from run to run. The cuts are where
// planes begin and end.
func members(b *[]byte, s *data.Sample, payload Payload) (cuts []int, err error) {
	im := s.Image
	m := meta{ID: s.ID, Split: s.Split, Source: s.Source(), Width: im.Width, Height: im.Height, Depth: im.Depth(), Filter: payload.filter()}
	if s.Labeled {
		m.Labels = s.Labels.Numbers()
	}
	about, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	about = append(about, '\n')
	head := appendNPYHeader(nil, im)

	all := (*b)[:0]
	if all, err = appendTarHeader(all, s.ID+payload.suffix(), int64(len(head))+im.Bytes()); err != nil {
		return nil, err
	}
	all = append(all, head...)
	for _, p := range im.Planes {
		cuts = append(cuts, len(all))
		all = appendPlane(slices.Grow(all, p.Size()), p)
		if payload == Up {
			at := cuts[len(cuts)-1]
			plain := all[at:]
			if p.U16 == nil || littleEndian {
				plain = p.Raw()
			} else {
				plain = bytes.Clone(plain)
			}
			filterUp(all[at:], plain, im.Width*im.Depth()/8, im.Depth())
		}
	}
	cuts = append(cuts, len(all))
	all = appendTarFill(all)
	if all, err = appendTarHeader(all, s.ID+metaSuffix, int64(len(about))); err != nil {
		return nil, err
	}
	*b = appendTarFill(append(all, about...))
	return cuts, nil
}

const tarBlock = 512

// appendTarHeader appends the head of a member, in more blocks than one if its
// name is long.
func appendTarHeader(b []byte, name string, size int64) ([]byte, error) {
	var head bytes.Buffer
	t := tar.NewWriter(&head)
	err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644})
	return append(b, head.Bytes()...), err
}

// appendTarFill fills the last block up.
func appendTarFill(b []byte) []byte {
	return append(b, make([]byte, (tarBlock-len(b)%tarBlock)%tarBlock)...)
}

// Decode reads a frame. A frame is refused that claims more than maxRaw bytes.
func Decode(packed []byte) (*data.Sample, error) {
	raw := buffers.Get().(*[]byte)
	defer buffers.Put(raw)
	all, err := decoder().DecodeAll(packed, (*raw)[:0])
	if err != nil {
		return nil, err
	}
	*raw = all
	return parse(all)
}

const maxRaw = 4 << 30

// parse reads the tar entries of one sample.
func parse(raw []byte) (*data.Sample, error) {
	var s data.Sample
	var m meta
	found, filter := 0, ""
	in := bytes.NewReader(raw)
	for t := tar.NewReader(in); ; found++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg || h.Size < 0 || h.Size > int64(in.Len()) {
			return nil, fmt.Errorf("member %s claims %d bytes", h.Name, h.Size)
		}
		content := raw[len(raw)-in.Len():][:h.Size] // it follows its head
		key, suffix, _ := strings.Cut(h.Name, ".")
		if s.ID != "" && key != s.ID {
			return nil, fmt.Errorf("members of %s and %s in one frame", s.ID, key)
		}
		s.ID = key
		switch "." + suffix {
		case planesSuffix:
			s.Image, err = parseNPY(content, "")
		case upSuffix:
			filter = upFilter
			s.Image, err = parseNPY(content, filter)
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
	if m.Filter != filter {
		return nil, fmt.Errorf("frame of %q: the planes are filtered by %q, but %s says %q", s.ID, filter, metaSuffix, m.Filter)
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
