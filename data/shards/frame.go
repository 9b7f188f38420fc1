package shards

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"

	"hpaflow/data"
)

// Kind is what the frames of a folder hold.
type Kind string

// The frames of a folder are all of one kind.
const (
	Planes        Kind = "planes"        // of an image: data.Sample
	Probabilities Kind = "probabilities" // of labels: data.Prediction

	AnyKind Kind = "" // for readers that take either
)

// About is what is known of a sample. Its frame says it, and the index.
type About struct {
	Key     string
	Kind    Kind // of the frame
	Labels  data.Labels
	Labeled bool
	Split   string
}

// Frame is one sample as a shard holds it.
type Frame struct {
	About
	Packed   []byte // a zstd frame of tar members
	Raw      int64  // their size
	Sum      uint64 // of the sample: data.Sample.Sum
	checksum uint32 // of the members: the low half of XXH64, for the seek table
}

// Bytes is the memory the frame holds.
func (f Frame) Bytes() int64 { return int64(len(f.Packed)) }

// meta is what KEY.json says of a frame of any kind.
type meta struct {
	ID     string `json:"id"`
	Labels []int  `json:"labels"` // null when unknown
	Split  string `json:"split"`
	Source string `json:"source"`
}

const metaSuffix = ".json"

func (a About) meta() meta {
	m := meta{ID: a.Key, Split: a.Split, Source: data.SourceOf(a.Key)}
	if a.Labeled {
		m.Labels = a.Labels.Numbers()
	}
	return m
}

// array is the member of a frame that holds numbers.
type array struct {
	suffix  string // of its name
	size    int64  // of all of it
	payload Payload

	// fill appends the member, and says where in b content begins and ends that
	// has statistics of its own.
	fill func(b []byte) (whole []byte, cuts []int)
}

// encode makes a frame of an array and of the JSON that tells about it. Nothing
// in it differs from run to run. A key that WebDataset would cut, one with a dot
// or a slash, is an error.
func encode(about About, values array, text []byte) (Frame, error) {
	if about.Key == "" || strings.ContainsAny(about.Key, "./\\\x00") {
		return Frame{}, fmt.Errorf("%q cannot be a key in a shard: dots and slashes would cut it", about.Key)
	}
	raw := buffers.Get().(*[]byte)
	defer buffers.Put(raw)
	all, err := appendTarHeader((*raw)[:0], about.Key+values.suffix, values.size)
	if err != nil {
		return Frame{}, err
	}
	all, cuts := values.fill(all)
	all = appendTarFill(all)
	if all, err = appendTarHeader(all, about.Key+metaSuffix, int64(len(text))); err != nil {
		return Frame{}, err
	}
	*raw = appendTarFill(append(all, text...))
	if len(*raw) > math.MaxUint32 {
		return Frame{}, fmt.Errorf("%d bytes are more than a frame can hold", len(*raw))
	}
	f := Frame{About: about, Raw: int64(len(*raw)), checksum: uint32(xxhash.Sum64(*raw))}
	f.Packed = values.payload.pack(make([]byte, 0, f.Raw*5/8+512), *raw, f.checksum, cuts)
	return f, nil
}

// buffers hold the content of frames while they are encoded or decoded.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// marshal gives the content of KEY.json.
func marshal(m any) ([]byte, error) {
	b, err := json.Marshal(m)
	return append(b, '\n'), err
}

// Content is a frame decoded.
type Content struct {
	About
	Image *data.Image // of Planes
	P     []float64   // of Probabilities, by label
}

// Decode reads a frame of either kind. One that claims more than 4 GiB is refused.
func Decode(packed []byte) (*Content, error) {
	raw := buffers.Get().(*[]byte)
	defer buffers.Put(raw)
	all, err := unpack((*raw)[:0], packed)
	if err != nil {
		return nil, err
	}
	*raw = all
	return parse(all)
}

const maxRaw = 4 << 30

// parse reads the members of one frame.
func parse(raw []byte) (*Content, error) {
	m, err := takeApart(raw)
	if err != nil {
		return nil, err
	}
	var about struct {
		meta
		Filter string `json:"filter"`
	}
	if err := json.Unmarshal(m.json, &about); err != nil {
		return nil, fmt.Errorf("member %s%s: %w", m.key, metaSuffix, err)
	}
	if about.ID != m.key {
		return nil, fmt.Errorf("frame of %q: %s is of %q", m.key, metaSuffix, about.ID)
	}
	c := &Content{About: About{Key: m.key, Labeled: about.Labels != nil, Split: about.Split}}
	for _, n := range about.Labels {
		if n < 0 || n >= data.MaxClasses {
			return nil, fmt.Errorf("member %s%s: label %d", m.key, metaSuffix, n)
		}
	}
	c.Labels = data.LabelsOf(about.Labels...)
	filter := ""
	switch m.suffix {
	case planesSuffix:
		c.Kind = Planes
		c.Image, err = parsePlanes(m.array, filter)
	case upSuffix:
		c.Kind, filter = Planes, upFilter
		c.Image, err = parsePlanes(m.array, filter)
	case probabilitiesSuffix:
		c.Kind = Probabilities
		if c.P, err = parseProbabilities(m.array); err == nil {
			_, err = c.Prediction()
		}
	default:
		err = errors.New("neither planes nor probabilities")
	}
	if err != nil {
		return nil, fmt.Errorf("member %s%s: %w", m.key, m.suffix, err)
	}
	if about.Filter != filter {
		return nil, fmt.Errorf("frame of %q: member %s is filtered by %q, but %s says %q", m.key, m.suffix, filter, metaSuffix, about.Filter)
	}
	return c, nil
}

// want refuses content of another kind.
func (c *Content) want(kind Kind) error {
	if c.Kind != kind {
		return fmt.Errorf("%s: the frame holds %s, not %s", c.Key, c.Kind, kind)
	}
	return nil
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
