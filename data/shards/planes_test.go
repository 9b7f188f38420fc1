package shards

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data"
)

// TestManyPlanes: planes of any number and both depths come back with their names.
func TestManyPlanes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		planes := rapid.IntRange(1, data.MaxPlanes).Draw(t, "planes")
		s := &data.Sample{ID: "a", Image: data.NewImage(5, 3, planes, rapid.SampledFrom([]int{8, 16}).Draw(t, "depth"))}
		for c, p := range s.Image.Planes {
			for i := range p.Raw() {
				p.Raw()[i] = byte(31*c + i)
			}
		}
		if rapid.Bool().Draw(t, "named") {
			for c := range planes {
				s.Planes = append(s.Planes, fmt.Sprintf("plane %c", 'a'+c))
			}
		}
		f, err := EncodeSample(s, rapid.SampledFrom(Payloads).Draw(t, "payload"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeSample(f.Packed)
		if err != nil || !equal(s, got) || !slices.Equal(got.Planes, s.Planes) {
			t.Fatalf("%v: %d planes called %q became %d called %q", err, planes, s.Planes, len(got.Image.Planes), got.Planes)
		}
	})
}

// TestColoursAsBefore: frames of red, green, blue and yellow have the bytes they had
// before planes had names, whether or not they are named so.
func TestColoursAsBefore(t *testing.T) {
	digest := sha256.New()
	for n := range 12 {
		s := made(n)
		s.Planes = [][]string{nil, data.Colours[:]}[n%2]
		f, err := EncodeSample(s, Payloads[n%len(Payloads)])
		if err != nil {
			t.Fatal(err)
		}
		digest.Write(f.Packed)
	}
	if got := fmt.Sprintf("%x", digest.Sum(nil)); got != coloursDigest {
		t.Errorf("digest %s, and was %s", got, coloursDigest)
	}
}

// TestNamesOfPlanes: KEY.json says the names, and ones that are none of the planes
// are refused, by whoever writes and by whoever reads.
func TestNamesOfPlanes(t *testing.T) {
	s := made(1)
	s.Planes = []string{"DNA", "ER", "AGP", "Mito"}
	f, err := EncodeSample(s, Huffman)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := unpack(nil, f.Packed)
	if err != nil {
		t.Fatal(err)
	}
	m, err := takeApart(raw)
	if err != nil {
		t.Fatal(err)
	}
	var about struct{ Planes []string }
	if err := json.Unmarshal(m.json, &about); err != nil || !slices.Equal(about.Planes, s.Planes) {
		t.Errorf("%s: %v", m.json, err)
	}
	if _, err := parse(raw); err != nil {
		t.Error(err)
	}
	if lying := bytes.Replace(raw, []byte(`"ER"`), []byte(`"\n"`), 1); !bytes.Equal(lying, raw) {
		if _, err := parse(lying); err == nil {
			t.Error("a name of no printable character is read")
		}
	}
	for _, names := range [][]string{{"DNA"}, {"DNA", "DNA", "AGP", "Mito"}, {"DNA", "", "AGP", "Mito"}} {
		s.Planes = names
		if _, err := EncodeSample(s, Huffman); err == nil {
			t.Errorf("four planes are called %q", names)
		}
	}
}

const coloursDigest = "7c63543e06d583d213b31c7da12385e6a8c1e9035da3f3f6e29977d90201a36b"
