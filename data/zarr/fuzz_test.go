package zarr

import (
	"path"
	"strings"
	"testing"
)

// smallEnough says that a piece is of a size that a test decodes.
func smallEnough(e *Extract) bool {
	n := e.Array.Type.Size
	for i, hi := range e.Hi {
		if n *= min(hi-e.Lo[i], 1<<20); n > 1<<20 {
			return false
		}
	}
	return e.Array.ChunkBytes() <= 1<<20
}

// FuzzParse: metadata of arrays are read or refused, and what is read has chunks of names.
func FuzzParse(f *testing.F) {
	files, lines := archive(f)
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		f.Add(metadataOf(files, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b)
		if err != nil {
			return
		}
		if a.ChunkBytes() < 1 || a.ChunkBytes() > mostChunk || len(a.fill) != a.Type.Size {
			t.Fatalf("chunks of %d bytes", a.ChunkBytes())
		}
		lo, hi := make([]int, len(a.Shape)), make([]int, len(a.Shape))
		for i := range hi {
			lo[i], hi[i] = max(0, a.Shape[i]-1), a.Shape[i]
		}
		keys, err := a.Keys(lo, hi)
		if err == nil && (len(keys) != 1 || strings.Contains(keys[0], "//")) {
			t.Fatalf("%q", keys)
		}
	})
}

// FuzzExtract: whatever a piece of an array holds, it fills its planes or is refused. Its
// chunks have every packing, and shards their index.
func FuzzExtract(f *testing.F) {
	files, lines := archive(f)
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		a, err := Parse(metadataOf(files, name))
		if err != nil || len(a.Shape) < 2 {
			continue
		}
		e := &Extract{Array: a, Lo: make([]int, len(a.Shape)), Hi: make([]int, len(a.Shape)), View: View{len(a.Shape) - 2, len(a.Shape) - 1, -1, ""}}
		for i, n := range a.Shape {
			if e.Hi[i] = 1; i >= len(a.Shape)-2 {
				e.Hi[i] = n
			}
		}
		first, end, err := a.units(e.Lo, e.Hi)
		if err != nil {
			f.Fatal(err)
		}
		for _, at := range indices(first, end) {
			e.chunks = append(e.chunks, files[path.Join(name, a.key(at))]) // of shards, at places where these are
		}
		b, err := e.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ReadExtract(b)
		if err != nil || e.View.X < 0 || e.View.Y < 0 || !smallEnough(e) {
			return
		}
		width, height := e.Size()
		for _, g := range e.Groups() {
			if n := (g[1] - g[0]) * width * height * e.Array.Type.Size; n <= 1<<20 {
				_ = e.Place(make([]byte, n), g[0], g[1])
			}
		}
	})
}

// FuzzShard: whatever bytes a shard has, whole or in parts.
func FuzzShard(f *testing.F) {
	meta := `{"zarr_format":3,"node_type":"array","shape":[8,8],"data_type":"uint16","fill_value":3,"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[8,8]}},
"chunk_key_encoding":{"name":"default"},"codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[4,8],"codecs":["bytes"],"index_codecs":["bytes"],"index_location":"LOCATION"}}]}`
	meta = strings.ReplaceAll(meta, `["bytes"]`, `[{"name":"bytes","configuration":{"endian":"little"}}]`)
	f.Add(true, make([]byte, 160))
	f.Add(false, append(make([]byte, 128), 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))
	f.Fuzz(func(t *testing.T, first bool, b []byte) {
		location := "end"
		if first {
			location = "start"
		}
		a, err := Parse([]byte(strings.Replace(meta, "LOCATION", location, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if out, err := a.codecs.sharding.decode(b, a.chunk, a.Type, a.fill); err == nil && len(out) != 128 {
			t.Fatalf("%d bytes", len(out))
		}
	})
}
