package embed

import (
	"bytes"
	"cmp"
	"fmt"
	"image/png"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data/half"
)

// cell is one of a table.
func cell(n int) *Embedding {
	e := &Embedding{ID: fmt.Sprintf("plate/cell-%d", n), Sum: uint64(n)}
	for i := range 6 {
		e.Features = append(e.Features, float32(math.Sin(float64(n*7+i))))
	}
	for i := range 31 {
		e.Probabilities = append(e.Probabilities, float32((n*i)%31)/31)
	}
	return e
}

func cells(n int) iter.Seq2[*Embedding, error] {
	return func(yield func(*Embedding, error) bool) {
		for i := range n {
			if !yield(cell(i), nil) {
				return
			}
		}
	}
}

// TestParquet: what is written is read again; the bytes depend on the rows alone.
func TestParquet(t *testing.T) {
	const rows = groupRows + 3
	for _, dtype := range []DType{Float32, Float16} {
		var first bytes.Buffer
		for range 2 {
			var b bytes.Buffer
			if err := WriteParquet(&b, cells(rows), dtype); err != nil {
				t.Fatal(err)
			}
			if first.Len() > 0 && !bytes.Equal(first.Bytes(), b.Bytes()) {
				t.Error("other bytes of the same rows")
			}
			first = b
		}
		dir := t.TempDir()
		for i := range 2 { // a folder of part files is read as one table
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part-%05d.parquet", i)), first.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		for r, err := range ReadParquet(dir) {
			if err != nil {
				t.Fatal(err)
			}
			want := cell(n % rows)
			for i, v := range want.Features {
				if dtype == Float16 {
					v = half.Number(half.Bits(v))
				}
				if r.Features[i] != v {
					t.Fatalf("%s: value %d of %s is %v, want %v", dtype, i, r.ID, r.Features[i], v)
				}
			}
			if r.ID != want.ID || r.Location != Locations[want.Top(1)[0]] || len(r.Features) != len(want.Features) {
				t.Fatalf("row %d is %s, %s", n, r.ID, r.Location)
			}
			n++
		}
		if n != 2*rows {
			t.Errorf("%d rows, want %d", n, 2*rows)
		}
	}
	if err := WriteParquet(&bytes.Buffer{}, cells(0), Float32); err == nil {
		t.Error("a table of no rows was written")
	}
}

func TestReadParquetRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.parquet")
	for text, want := range map[string]string{"": "x.parquet", "PAR1abcdPAR1": "x.parquet", "id,top_class_name\n": "x.parquet: is no Parquet file; embed.flow writes one"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, err := range ReadParquet(path) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
	for _, err := range ReadParquet(t.TempDir()) {
		if err == nil || !strings.Contains(err.Error(), "no file *.parquet") {
			t.Errorf("an empty folder: %v", err)
		}
	}
}

func TestCSV(t *testing.T) {
	e := &Embedding{ID: `a,"b`, Features: []float32{.5, -1.25e-8}, Probabilities: make([]float32, 31)}
	e.Probabilities[7], e.Probabilities[3], e.Probabilities[30] = .75, .5, .5
	var b strings.Builder
	if err := WriteCSV(&b, func(yield func(*Embedding, error) bool) { yield(e, nil) }, Float32); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if want := "id,top_class_name,top_class,top_3_classes_names,top_3_classes,prob00,"; !strings.HasPrefix(lines[0], want) || !strings.HasSuffix(lines[0], ",prob30,feat0000,feat0001") {
		t.Errorf("header %s", lines[0])
	}
	if want := `"a,""b",Cytosol,7,"Cytosol,Centriolar satellite,Negative","7,3,30",0,0,0,0.5,0,`; !strings.HasPrefix(lines[1], want) || !strings.HasSuffix(lines[1], ",0.5,0.5,-1.25e-08") {
		t.Errorf("row %s", lines[1])
	}
}

// TestSpool: a spool that is stopped anywhere is gone on with, and gives the same
// rows in the same order; one that is damaged loses what was not whole.
func TestSpool(t *testing.T) {
	const rows, each = 11, 3
	for stop := range rows + 1 {
		dir := filepath.Join(t.TempDir(), "p.part")
		s, err := CreateSpool(dir, SpoolOptions{Rows: each})
		if err != nil {
			t.Fatal(err)
		}
		for i := range stop {
			if err := s.Add(cell(i)); err != nil {
				t.Fatal(err)
			}
		}
		left, err := LeftIn(dir)
		if err != nil || len(left) != stop/each*each {
			t.Errorf("stopped after %d rows, %d are left; %v", stop, len(left), err)
		}
		damaged := stop == 7
		if damaged {
			if err := os.WriteFile(filepath.Join(dir, spoolFile(0)), []byte(spoolMagic), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if s, err = CreateSpool(dir, SpoolOptions{Rows: each, GoOn: true}); err != nil {
			t.Fatal(err)
		}
		if damaged && len(s.Left()) != 0 {
			t.Errorf("%d rows of a damaged spool count", len(s.Left()))
		}
		for i := range rows {
			if !s.Has(cell(i).ID) {
				if err := s.Add(cell(i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Add(cell(0)); err == nil {
			t.Error("a row was added twice")
		}
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for e, err := range s.Rows() {
			if err != nil || !reflect.DeepEqual(e, cell(n)) {
				t.Fatalf("row %d: %v, %v", n, e, err)
			}
			n++
		}
		if n != rows || s.Len() != rows {
			t.Errorf("%d rows, Len %d, want %d", n, s.Len(), rows)
		}
		if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := RemoveSpool(dir); err == nil {
			t.Error("a folder with another's file was removed")
		}
		os.Remove(filepath.Join(dir, "mine"))
		if err := RemoveSpool(dir); err != nil {
			t.Error(err)
		}
	}
}

// FuzzSpool: any bytes are rows or none, and what is read is written alike.
func FuzzSpool(f *testing.F) {
	f.Add(encodeSpool([]*Embedding{cell(1), cell(2)}))
	f.Add([]byte(spoolMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if rows := decodeSpool(b); len(rows) > 0 {
			if again := decodeSpool(encodeSpool(rows)); len(again) != len(rows) {
				t.Fatalf("%d rows became %d", len(rows), len(again))
			}
		}
	})
}

func TestNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cosines := rapid.SliceOfN(rapid.SampledFrom([]float32{-1, 0, .25, .5, .75, 1}), 0, 20).Draw(t, "cosines")
		k := rapid.IntRange(1, 8).Draw(t, "k")
		n := NewNearest(k)
		order := make([]int, len(cosines))
		for i, c := range cosines {
			order[i] = i
			if c > n.Least() {
				n.Add(i, c)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(cosines[b], cosines[a])
		})
		var got []int
		n.Each(func(at int, _ float32) { got = append(got, at) })
		if want := order[:min(k, len(order))]; !slices.Equal(got, want) {
			t.Fatalf("%v: nearest %v, want %v", cosines, got, want)
		}
	})
}

// TestMap: cells along a line and a shorter one across it lie on a map as they
// do in space; the same cells are drawn by lot whatever their order.
func TestMap(t *testing.T) {
	const values = 40
	drawn := Drawn{Most: 1000}
	var along, across [values]float64
	for i := range values {
		along[i], across[i] = math.Cos(float64(i)), math.Sin(float64(2*i))
	}
	for i := range 60 {
		r := &Row{ID: fmt.Sprintf("%02d", i), Location: Locations[i%3]}
		for c := range values {
			r.Features = append(r.Features, float32(3+float64(i-30)*along[c]+float64(i%2)*across[c]))
		}
		drawn.Add(r)
	}
	m := drawn.Map()
	if len(m.Points) != 60 || m.Cells != 60 || !(m.Shares[0] > .99) || !(m.Shares[0]+m.Shares[1] > .99999) {
		t.Fatalf("%d points of %d, shares %v", len(m.Points), m.Cells, m.Shares)
	}
	step := m.Points[2].X - m.Points[0].X
	for i := 2; i < 60; i++ {
		if d := m.Points[i].X - m.Points[i-2].X; math.Abs(d-step) > 1e-3*math.Abs(step) {
			t.Fatalf("steps of %v and %v", d, step)
		}
	}
	var ids []string
	for _, forward := range []bool{true, false} {
		few := Drawn{Most: 7}
		for i := range 60 {
			if !forward {
				i = 59 - i
			}
			few.Add(&Row{ID: fmt.Sprint(i), Features: []float32{float32(i), 1}})
		}
		var got []string
		for _, p := range few.Map().Points {
			got = append(got, p.ID)
		}
		if ids != nil && !slices.Equal(got, ids) || len(got) != 7 {
			t.Errorf("drawn %v and %v", ids, got)
		}
		ids = got
	}
	one := Drawn{Most: 5}
	one.Add(&Row{ID: "a", Features: []float32{1, 2}})
	if m := one.Map(); len(m.Points) != 1 || m.Points[0].X != 0 {
		t.Errorf("of one cell: %+v", m)
	}
}

func TestAttention(t *testing.T) {
	e := &Embedding{Heads: 2, H: 2, W: 2, Side: 8, Attention: []float32{0, 1, 0, 1, .5, .5, .5, .5}}
	b, err := EncodeAttention(e)
	if err != nil {
		t.Fatal(err)
	}
	im, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if s := im.Bounds().Size(); s.X != 16 || s.Y != 8 {
		t.Errorf("size %v", s)
	}
	for x, want := range []uint32{0, 0, 31, 95, 159, 223, 255, 255, 0} { // as torch's bilinear gives it
		if r, _, _, _ := im.At(x, 5).RGBA(); r>>8 != want {
			t.Errorf("pixel %d is %d, want %d", x, r>>8, want)
		}
	}
}
