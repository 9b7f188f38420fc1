package configs_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/flow"
)

// stackFile is a TIFF of pages of 2 x 1 pixels of 16 bits, without metadata.
func stackFile(pages ...[2]uint16) []byte {
	order := binary.LittleEndian
	b := []byte("II*\x00\x08\x00\x00\x00")
	for i, p := range pages {
		start := len(b)
		fields := [][2]uint32{{256, 2}, {257, 1}, {258, 16}, {259, 1}, {262, 1}, {273, 0}, {277, 1}, {278, 1}, {279, 4}}
		pixels := start + 2 + 12*len(fields) + 4
		b = order.AppendUint16(b, uint16(len(fields)))
		for _, f := range fields {
			if f[0] == 273 {
				f[1] = uint32(pixels)
			}
			b = order.AppendUint16(order.AppendUint16(b, uint16(f[0])), 4)
			b = order.AppendUint32(order.AppendUint32(b, 1), f[1])
		}
		next := uint32(pixels + 4)
		if i == len(pages)-1 {
			next = 0
		}
		b = order.AppendUint32(b, next)
		b = order.AppendUint16(order.AppendUint16(b, p[0]), p[1])
	}
	return b
}

// stacks is a folder of a sample of three slices, and one of one in gzip.
func stacks(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for c, colour := range data.Colours {
		v := uint16(c * 100)
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(stackFile([2]uint16{v, 7})) // into memory
		z.Close()
		for name, b := range map[string][]byte{
			"many_" + colour + ".ome.tif": stackFile([2]uint16{v, 9}, [2]uint16{v + 4, 8}, [2]uint16{v + 1, 20}),
			"one_" + colour + ".tif.gz":   packed.Bytes(),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// TestStacks: of several slices none is taken without a choice, and the choice is
// what comes out, in either format.
func TestStacks(t *testing.T) {
	dir := stacks(t)
	for _, c := range []struct {
		z, format string
		want      map[string][]uint16 // of the green plane
	}{
		{"", "png", map[string][]uint16{"one": {100, 7}}},
		{"max", "ome.tif", map[string][]uint16{"one": {100, 7}, "many": {104, 20}}},
		{"mean", "png", map[string][]uint16{"one": {100, 7}, "many": {102, 12}}},
		{"all", "ome.tif", map[string][]uint16{"one": {100, 7}, "many_z000": {100, 9}, "many_z001": {104, 8}, "many_z002": {101, 20}}},
	} {
		out := t.TempDir()
		stats := mustRun(t, "rgby.flow", flow.Options{}, "input="+dir, "output="+out, "z="+c.z, "format="+c.format)
		if want := int64(map[string]int{"": 1}[c.z]); stats.DeadLetters != want {
			t.Errorf("z = %q: %d dead letters", c.z, stats.DeadLetters)
		}
		for id, want := range c.want {
			name := filepath.Join(out, id+"."+c.format)
			im, err := codec.DecodeChannels(name, mustRead(t, name))
			if err != nil {
				t.Fatalf("z = %q: %v", c.z, err)
			}
			if len(im.Planes) != 4 || !slices.Equal(im.Planes[1].U16, want) {
				t.Errorf("z = %q: %s is %v, want %v", c.z, id, im.Planes[1].U16, want)
			}
		}
		again := mustRun(t, "rgby.flow", flow.Options{}, "input="+dir, "output="+out, "z="+c.z, "format="+c.format)
		if first := again.Stages[0]; first.Complete != int64(len(c.want)) {
			t.Errorf("z = %q: the second run found %d complete, want %d", c.z, first.Complete, len(c.want))
		}
	}
}

// TestSlicesInNames: slices that are files of their own come to what those of one file
// come to, and a file of several that is called as of one is refused.
func TestSlicesInNames(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for c, colour := range data.Colours {
		v := uint16(c * 100)
		for z, page := range [][2]uint16{{v, 9}, {v + 4, 8}, {v + 1, 20}} {
			put(fmt.Sprintf("many_p%d_%s.tif", z+1, colour), stackFile(page))
		}
		put("both_p1_"+colour+".tif", stackFile([2]uint16{v, 9}, [2]uint16{v, 8}))
	}
	for _, c := range []struct {
		z, id string
		want  []uint16 // of the green plane
	}{
		{"max", "many", []uint16{104, 20}},
		{"mean", "many", []uint16{102, 12}},
		{"2", "many", []uint16{104, 8}},
		{"all", "many_z003", []uint16{101, 20}},
	} {
		out := t.TempDir()
		set := []string{"input=" + dir, "output=" + out, "pattern={id}_p{z}_{channel}", "z=" + c.z}
		stats := mustRun(t, "rgby.flow", flow.Options{}, set...)
		if refused := int64(1); c.z != "2" && stats.DeadLetters != refused { // slice 2 of both there is none of
			t.Errorf("z = %s: %d dead letters, want that of both", c.z, stats.DeadLetters)
		}
		name := filepath.Join(out, c.id+".png")
		im, err := codec.DecodeChannels(name, mustRead(t, name))
		if err != nil {
			t.Fatalf("z = %s: %v", c.z, err)
		}
		if got := im.Planes[1].U16; !slices.Equal(got, c.want) {
			t.Errorf("z = %s: %v, want %v", c.z, got, c.want)
		}
		if again := mustRun(t, "rgby.flow", flow.Options{}, set...); again.Stages[0].Complete < 1 {
			t.Errorf("z = %s: a second run finds nothing complete", c.z)
		}
	}
}
