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

	head []byte // of the member: what its numbers are

	// body gives the numbers, in pieces that have statistics of their own. What
	// cannot be given as it lies in memory is made in b.
	body func(b []byte) (pieces [][]byte, made []byte)
}

// CheckKey says why a sample's key cannot be one in a shard: WebDataset would cut
// one with a dot. One with folders, as plate/ID, can.
func CheckKey(key string) error {
	if err := data.CheckKey(key); err != nil {
		return err
	}
	if strings.Contains(key, ".") {
		return fmt.Errorf("%q cannot be a key in a shard: the dot would cut it", key)
	}
	return nil
}

// encode makes a frame of an array and of the JSON that tells about it. Nothing
// in it differs from run to run. A key that WebDataset would cut, one with a dot,
// is an error; one with folders, as plate/ID, is not.
func encode(about About, values array, text []byte) (Frame, error) {
	if err := CheckKey(about.Key); err != nil {
		return Frame{}, err
	}
	before, err := AppendTarHeader(nil, about.Key+values.suffix, values.size)
	if err != nil {
		return Frame{}, err
	}
	after := make([]byte, TarFill(values.size))
	if after, err = AppendTarHeader(after, about.Key+metaSuffix, int64(len(text))); err != nil {
		return Frame{}, err
	}
	after = append(append(after, text...), make([]byte, TarFill(int64(len(text))))...)

	made := buffers.Get().(*[]byte)
	defer keepBuffer(made)
	var body [][]byte
	body, *made = values.body((*made)[:0])
	pieces := append(append([][]byte{append(before, values.head...)}, body...), after)
	f := Frame{About: about}
	sum := xxhash.New()
	for _, p := range pieces {
		f.Raw += int64(len(p))
		sum.Write(p)
	}
	if f.Raw > math.MaxUint32 {
		return Frame{}, fmt.Errorf("%d bytes are more than a frame can hold", f.Raw)
	}
	f.checksum = uint32(sum.Sum64())
	f.Packed = values.payload.pack(make([]byte, 0, roomFor(f.Raw)), pieces, f.checksum)
	return f, nil
}

// buffers hold the content of frames while they are encoded or decoded.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// mostKept is the largest buffer that is kept, and the largest content whose
// frame is given only as much memory as most take.
const mostKept = 16 << 20

func keepBuffer(b *[]byte) {
	if cap(*b) > mostKept {
		*b = nil
	}
	buffers.Put(b)
}

// roomFor is how many bytes a frame is given, by its content: what most take, or
// for large ones, which it would be dear to grow, what none exceeds.
func roomFor(raw int64) int64 {
	if raw > mostKept {
		return raw + raw/1024 + 1<<12
	}
	return raw*5/8 + 512
}

// Memory is about what it takes to make a frame of so many bytes, the frame
// included.
func (p Payload) Memory(raw int64) int64 {
	if p == Huffman {
		return roomFor(raw)
	}
	return raw + roomFor(raw)
}

// marshal gives the content of KEY.json.
func marshal(m any) ([]byte, error) {
	b, err := json.Marshal(m)
	return append(b, '\n'), err
}

// Content is a frame decoded.
type Content struct {
	About
	Image  *data.Image // of Planes
	Planes []string    // their names, as data.Sample has them
	P      []float64   // of Probabilities, by label
}

// Decode reads a frame of either kind. One that claims more than 4 GiB is refused.
func Decode(packed []byte) (*Content, error) {
	raw := buffers.Get().(*[]byte)
	defer keepBuffer(raw)
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
		Filter string   `json:"filter"`
		Planes []string `json:"planes"`
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
	if c.Kind == Planes {
		c.Planes = data.OwnPlaneNames(about.Planes)
		if err := checkNames(c.Planes, c.Image); err != nil {
			return nil, fmt.Errorf("member %s%s: %w", m.key, metaSuffix, err)
		}
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
