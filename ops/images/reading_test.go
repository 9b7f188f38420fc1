package images

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// grey is a PNG of one grey plane.
func grey(t *testing.T, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := codec.EncodeRGBY(&b, data.NewImage(side, side, 1, 8)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming is a PNG whose header says another size.
func claiming(png []byte, side int) []byte {
	png = bytes.Clone(png)
	binary.BigEndian.PutUint32(png[16:], uint32(side))
	binary.BigEndian.PutUint32(png[20:], uint32(side))
	binary.BigEndian.PutUint32(png[29:], crc32.ChecksumIEEE(png[12:29]))
	return png
}

// What a header claims beyond the limits costs nothing, be it of a file or of a
// frame, and the error says which limit it was.
func TestDecodeRefusesByTheHeader(t *testing.T) {
	limits := component.Limits{MaxPixels: 1 << 20, MaxMember: 1 << 20}
	frame, err := shards.EncodeSample(&data.Sample{ID: "a", Image: data.NewImage(3000, 3000, 4, 16)}, shards.Huffman)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file data.File
		want string
	}{
		"a plane":    {data.File{Name: "a_red.png", Channel: "red", Data: claiming(grey(t, 8), 9000)}, "a_red.png: claims 9000 x 9000 pixels; at most 1048576 are decoded; to allow it, write max_pixels = 81000000"},
		"four":       {data.File{Name: "a.png", Channel: data.RGBY, Data: claiming(grey(t, 8), 9000)}, "write max_pixels = 81000000"},
		"of a shard": {data.File{Name: "s:a", Channel: data.Packed, Data: frame.Packed}, "s:a claims to hold 68.7 MiB, more than 1048576 pixels; to allow it, write max_pixels = "},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(&data.Sample{ID: "a", Files: []data.File{c.file}}, NewReading(context.Background(), limits))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", name, took)
		}
	}
}

// What is no file, or too large a one, is not opened.
func TestReadingRefusesByTheEntry(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large_red.png")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 10<<30); err != nil {
		t.Fatal(err)
	}
	zero := filepath.Join(dir, "zero_red.png")
	if err := os.Symlink("/dev/zero", zero); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		large: `holds 10.0 GiB, more than is read of a file; to allow it, write max_member = "10241MiB"`,
		zero:  "is a device, not a file",
		dir:   "is a folder, not a file",
	} {
		_, err := NewReading(context.Background(), component.Limits{MaxMember: 1 << 20}).File(data.File{Name: name}, new([]byte))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An image that takes more memory than the run has is refused with what it
// needs, before it is decoded.
func TestDecodeRefusesWhatMemoryCannotHold(t *testing.T) {
	spec := decodeSpec()
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip, Memory: 1 << 20, Workers: 2})
	var causes []string
	g.Notify(flow.Events{Dead: func(d flow.DeadLetter) { causes = append(causes, d.Cause) }})
	sample := func(id string, side int) *data.Sample {
		s := &data.Sample{ID: id}
		for _, c := range data.Colours {
			s.Files = append(s.Files, data.File{Name: id + "_" + c + ".png", Channel: c, Data: grey(t, side)})
		}
		return s
	}
	samples := flow.FromSlice(g, flow.Stage{Name: "samples"}, []*data.Sample{sample("small", 200), sample("large", 600), sample("another", 200)})
	out, err := spec.Build(&component.Node{Graph: g, Spec: spec, Name: "decode", Args: component.Args{"workers": 0, "range": "", "z": "", "t": ""},
		Inputs: map[string]component.Output{"in": samples}})
	if err != nil {
		t.Fatal(err)
	}
	var got []*data.Sample
	flow.Collect(out.(flow.Out[*data.Sample]), flow.Stage{Name: "all"}, &got)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused := regexp.MustCompile(`red plane: needs 1[0-9]{6} bytes of memory, and the run has 1048576; to allow it, give --memory 2MiB or more`)
	if len(got) != 2 || len(causes) != 1 || !refused.MatchString(causes[0]) {
		t.Errorf("%d samples, %q", len(got), causes)
	}
}

// Channels that are pictures in colours are made grey, which a run tells.
func TestDecodeTellsOfColours(t *testing.T) {
	var colours bytes.Buffer
	if err := codec.EncodeRGBY(&colours, data.NewImage(8, 8, 3, 8)); err != nil {
		t.Fatal(err)
	}
	s := &data.Sample{ID: "a"}
	for i, c := range data.Colours {
		f := data.File{Name: "a_" + c + ".png", Channel: c, Data: grey(t, 8)}
		if i%2 == 0 {
			f.Data = colours.Bytes()
		}
		s.Files = append(s.Files, f)
	}
	r := within(1 << 20)
	if _, err := Decode(s, r); err != nil || r.greyed != 2 {
		t.Fatalf("%d files in colours, %v", r.greyed, err)
	}
	var told []string
	f := &found{note: func(text string) { told = append(told, text) }}
	f.saw(data.NewImage(8, 8, 4, 8), r.greyed)
	f.tell()
	if len(told) != 1 || !strings.HasPrefix(told[0], "2 files in colours were made grey") {
		t.Errorf("%q", told)
	}
}
