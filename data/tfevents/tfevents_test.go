package tfevents

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var when = time.UnixMicro(1_600_000_000_250_000)

func sample() ([]byte, []Event) {
	events := []Event{
		{Time: when, Step: 100, Scalars: []Scalar{{"train/loss", .5}, {"train/lr", 5e-4}}},
		{Time: when.Add(time.Second), Step: 1 << 40, Scalars: []Scalar{{"val/f1/07 Golgi apparatus", .25}}},
		{Step: 300, Scalars: nil},
	}
	b := AppendHeader(nil, when)
	for _, e := range events {
		b = e.Append(b)
	}
	return b, events
}

// The file is, to the byte, what testdata/tfevents.py writes by the published
// descriptions of the record and of the protocol buffer, bit by bit and
// without a line of this package.
func TestFileIsAsPublished(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "events.hex"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := sample()
	if d := cmp.Diff(hex.Dump(want), hex.Dump(got)); d != "" {
		t.Errorf("-published +ours\n%s", d)
	}
}

// independent reads records and messages with arithmetic of its own.
type independent struct {
	t *testing.T
	b []byte
}

func (r *independent) little(n int) (v uint64) {
	if len(r.b) < n {
		r.t.Fatal("the file is cut off")
	}
	for i := n - 1; i >= 0; i-- {
		v = v*256 + uint64(r.b[i])
	}
	r.b = r.b[n:]
	return v
}

func (r *independent) varint() (v uint64) {
	for shift := 0; ; shift += 7 {
		c := r.little(1)
		v |= c % 128 << shift
		if c < 128 {
			return v
		}
	}
}

// crc is the masked CRC-32C, bit by bit from its polynomial.
func crc(b []byte) uint64 {
	c := uint32(0xffffffff)
	for _, v := range b {
		c ^= uint32(v)
		for range 8 {
			low := c & 1
			c >>= 1
			if low == 1 {
				c ^= 0x82f63b78
			}
		}
	}
	c = ^c
	return (uint64(c>>15|c<<17) + 0xa282ead8) % (1 << 32)
}

func (r *independent) record() *independent {
	head := r.b[:8]
	n := r.little(8)
	if want := crc(head); r.little(4) != want {
		r.t.Fatal("the length has a wrong checksum")
	}
	content := r.b[:n]
	r.b = r.b[n:]
	if want := crc(content); r.little(4) != want {
		r.t.Fatal("the content has a wrong checksum")
	}
	return &independent{r.t, content}
}

func (r *independent) message() map[uint64][]any {
	m := map[uint64][]any{}
	for len(r.b) > 0 {
		key := r.varint()
		var v any
		switch key % 8 {
		case 0:
			v = r.varint()
		case 1:
			v = math.Float64frombits(r.little(8))
		case 5:
			v = math.Float32frombits(uint32(r.little(4)))
		case 2:
			n := r.varint()
			v, r.b = string(r.b[:n]), r.b[n:]
		default:
			r.t.Fatalf("wire type %d", key%8)
		}
		m[key/8] = append(m[key/8], v)
	}
	return m
}

func TestAnIndependentReaderAcceptsIt(t *testing.T) {
	b, events := sample()
	r := &independent{t, b}
	first := r.record().message()
	if first[3][0] != "brain.Event:2" || first[1][0] != 1600000000.25 {
		t.Errorf("header %v", first)
	}
	for _, e := range events {
		m := r.record().message()
		if m[2][0] != uint64(e.Step) || !e.Time.IsZero() && math.Abs(m[1][0].(float64)-float64(e.Time.UnixMicro())/1e6) > 1e-6 {
			t.Errorf("event %v, want %v", m, e)
		}
		values := (&independent{t, []byte(m[5][0].(string))}).message()[1]
		if len(values) != len(e.Scalars) {
			t.Fatalf("%d values, want %d", len(values), len(e.Scalars))
		}
		for i, s := range e.Scalars {
			v := (&independent{t, []byte(values[i].(string))}).message()
			if v[1][0] != s.Tag || v[2][0] != float32(s.Value) {
				t.Errorf("value %v, want %v", v, s)
			}
		}
	}
	if len(r.b) > 0 {
		t.Errorf("%d bytes follow", len(r.b))
	}
}

// Wherever a file is cut off or spoilt, the events before stand.
func TestReadStopsAtTheFirstFault(t *testing.T) {
	b, events := sample()
	header, placed := Read(b)
	for i, p := range placed {
		p.Scalars = append([]Scalar(nil), p.Scalars...)
		for k := range p.Scalars {
			p.Scalars[k].Value = float64(float32(events[i].Scalars[k].Value))
			events[i].Scalars[k].Value = p.Scalars[k].Value
		}
		if d := cmp.Diff(events[i], p.Event); d != "" {
			t.Errorf("-written +read\n%s", d)
		}
	}
	if len(placed) != len(events) || placed[2].End != int64(len(b)) {
		t.Fatalf("%d events, the last ends at %d of %d", len(placed), placed[len(placed)-1].End, len(b))
	}
	for cut := range b {
		sound := 0
		for _, p := range placed {
			if p.End <= int64(cut) {
				sound++
			}
		}
		spoilt := append([]byte(nil), b...)
		spoilt[cut] ^= 4
		for what, file := range map[string][]byte{"cut off": b[:cut], "spoilt": spoilt} {
			h, got := Read(file)
			if int64(cut) < header && (h != 0 || len(got) != 0) || int64(cut) >= header && (h != header || len(got) != sound) {
				t.Fatalf("%s at %d: header to %d and %d events, want %d", what, cut, h, len(got), sound)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	b, _ := sample()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		end, events := Read(b)
		for _, e := range events {
			if e.End <= end || e.End > int64(len(b)) {
				t.Fatalf("an event ends at %d after %d in %d bytes", e.End, end, len(b))
			}
			end = e.End
		}
	})
}

// An image and a curve are, to the byte, what TensorBoard's own code makes of
// them, and Read passes them by.
func TestPicturesAreTensorBoards(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "summaries.hex"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Curves []struct {
			Thresholds int
			Rows       [][]float32
		}
	}
	text, err = os.ReadFile(filepath.Join("..", "metrics", "testdata", "prcurves.json"))
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	n, rows := golden.Curves[1].Thresholds, golden.Curves[1].Rows[0]
	e := Event{Time: when, Step: 7, Images: []Image{{Tag: "val_samples/a", Width: 192, Height: 288, PNG: []byte("\x89PNG of a sample")}}, Curves: []Curve{{
		Tag: "val_pr/07 Golgi", Name: "07 Golgi", TruePositives: rows[:n], FalsePositives: rows[n : 2*n], TrueNegatives: rows[2*n : 3*n],
		FalseNegatives: rows[3*n : 4*n], Precision: rows[4*n : 5*n], Recall: rows[5*n:],
	}}}
	got := e.Append(AppendHeader(nil, when))
	if d := cmp.Diff(hex.Dump(want), hex.Dump(got)); d != "" {
		t.Errorf("-TensorBoard +ours\n%s", d)
	}
	if end, events := Read(got); end == 0 || len(events) != 1 || events[0].Step != 7 || len(events[0].Scalars) != 0 || events[0].End != int64(len(got)) {
		t.Errorf("read %+v after %d", events, end)
	}
}
