package duplicates_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/duplicates"
)

var l = data.LabelsOf

func image(id string, hash duplicates.Hash, train bool, labels ...int) duplicates.Image {
	return duplicates.Image{ID: id, Hash: hash, Train: train, Labels: l(labels...)}
}

func group(hash duplicates.Hash, labels data.Labels, ids ...string) duplicates.Group {
	return duplicates.Group{Hash: hash, IDs: ids, Labels: labels}
}

var ignoreImages = cmpopts.IgnoreFields(duplicates.Group{}, "Images")

func TestGroupsOfEqualHashes(t *testing.T) {
	got := duplicates.Groups([]duplicates.Image{
		image("a", 0xff, true, 1),
		image("b", 0, true, 2),
		image("c", 0xf0, false, 3),
		image("d", 0xff, false, 4), // external labels do not count beside a's
		image("e", 0, false, 5),    // black as b is, but no copy of it
		image("f", 0xff, true, 16), // conflicts with a: both count
		image("g", 0xf0, false, 6), // external ones alone: all of them count
	}, 0)
	want := []duplicates.Group{
		group(0xff, l(1, 16), "a", "d", "f"),
		group(0, l(2), "b"),
		group(0xf0, l(3, 6), "c", "g"),
		group(0, l(5), "e"),
	}
	if diff := cmp.Diff(want, got, ignoreImages); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsOfNearHashes(t *testing.T) {
	images := []duplicates.Image{
		image("a", 0b0000_0001, false, 1), // one bit from 0, which joins nothing
		image("b", 0, false, 2),
		image("c", 0b0000_0111, false, 3), // two bits from a
		image("d", 0b0001_1111, true, 4),  // two bits from c: joined to a by way of it
		image("e", 0xff00, true, 5),
		image("f", 0, false, 6),
	}
	want := []duplicates.Group{
		group(1, l(4), "a", "c", "d"),
		group(0, l(2), "b"),
		group(0xff00, l(5), "e"),
		group(0, l(6), "f"),
	}
	if diff := cmp.Diff(want, duplicates.Groups(images, 2), ignoreImages); diff != "" {
		t.Error(diff)
	}
	if got := duplicates.Groups(images, 1); len(got) != len(images) {
		t.Errorf("within one bit: %v", got)
	}
}

// crowd draws images whose hashes lie in clusters, so that near pairs occur.
func crowd(rng *rand.Rand, n, flips int) []duplicates.Image {
	images := make([]duplicates.Image, n)
	var centre uint64
	for i := range images {
		if i%5 == 0 {
			centre = rng.Uint64()
		}
		h := centre
		for range rng.IntN(flips + 1) {
			h ^= 1 << rng.IntN(64)
		}
		if rng.IntN(20) == 0 {
			h = 0
		}
		images[i] = image(fmt.Sprint("i", i), duplicates.Hash(h), rng.IntN(2) == 0, rng.IntN(28))
	}
	rng.Shuffle(n, func(i, j int) { images[i], images[j] = images[j], images[i] })
	return images
}

func apart(a, b duplicates.Image) int { return bits.OnesCount64(uint64(a.Hash ^ b.Hash)) }

// At any distance the groups are those that comparing every pair gives.
func TestGroupsEqualThoseOfAllPairs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		distance := rapid.IntRange(0, duplicates.MaxDistance).Draw(rt, "distance")
		images := crowd(rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0)), rapid.IntRange(1, 120).Draw(rt, "images"), 6)
		sets := duplicates.NewUnion(len(images))
		for i, a := range images {
			for j, b := range images[:i] {
				if a.Hash != 0 && b.Hash != 0 && apart(a, b) <= distance {
					sets.Join(i, j)
				}
			}
		}
		var want [][]string
		place := map[int]int{}
		for i, im := range images {
			root := sets.Find(i)
			if _, known := place[root]; !known {
				place[root] = len(want)
				want = append(want, nil)
			}
			want[place[root]] = append(want[place[root]], im.ID)
		}
		var got [][]string
		for _, g := range duplicates.Groups(images, distance) {
			got = append(got, g.IDs)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestLeaksEqualThoseOfAllPairs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		distance := rapid.IntRange(0, duplicates.MaxDistance).Draw(rt, "distance")
		all := crowd(rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0)), rapid.IntRange(2, 120).Draw(rt, "images"), 6)
		known, test := all[:len(all)*2/3], all[len(all)*2/3:]
		labels := map[string]data.Labels{}
		for _, g := range duplicates.Groups(known, distance) {
			for _, id := range g.IDs {
				labels[id] = g.Labels
			}
		}
		var want []duplicates.Image
		for _, im := range test {
			nearest, least := -1, distance+1
			for i, k := range known {
				if d := apart(im, k); d < least && im.Hash != 0 && k.Hash != 0 {
					nearest, least = i, d
				}
			}
			if nearest >= 0 {
				im.Labels = labels[known[nearest].ID]
				want = append(want, im)
			}
		}
		if diff := cmp.Diff(want, duplicates.Leaks(known, test, distance)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "duplicates.csv")
	groups := []duplicates.Group{
		group(0x0123456789abcdef, l(2, 16, 7, 0), "a", "b"),
		group(0, 0, "c"),
	}
	if err := duplicates.Write(path, groups); err != nil {
		t.Fatal(err)
	}
	// Labels are sorted as text, as the published tables have them.
	want := "hash,Ids,Target\n0123456789abcdef,a b,0 16 2 7\n0000000000000000,c,\n"
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
	got, err := duplicates.Read(path, 28, 0)
	if diff := cmp.Diff(groups, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for text, want := range map[string]string{
		"Ids,Target\na,1\n":                                                    `:1: no column hash`,
		"hash,Ids,Target\n12,a,1\n":                                            `:2: "12" is no hash of 16 hexadecimal digits`,
		"hash,Ids,Target\n0000000000000001,,1\n":                               `:2: the group has no Id`,
		"hash,Ids,Target\n0000000000000001,a,28\n":                             `:2: 0000000000000001: label "28" is not a number in 0..27`,
		"hash,Ids,Target\n0000000000000001,a,1\n" + "0000000000000002,b a,1\n": `:3: a stands in line 2 already`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := duplicates.Read(path, 28, 0); err == nil || !strings.HasPrefix(err.Error(), path+want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hashes.csv")
	if c, err := duplicates.ReadCache(path, 0); err != nil || len(c) != 0 {
		t.Fatalf("no file: %v, %v", c, err)
	}
	cache := duplicates.Cache{"b": {Bytes: 7, AHash: 1, PHash: 1 << 63}, "a": {}}
	if err := duplicates.WriteCache(path, cache); err != nil {
		t.Fatal(err)
	}
	want := "Id,Bytes,ahash,phash\na,0,0000000000000000,0000000000000000\nb,7,0000000000000001,8000000000000000\n"
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
	if got, err := duplicates.ReadCache(path, 0); err != nil || !cmp.Equal(got, cache) {
		t.Errorf("%v, %v", got, err)
	}
	if err := os.WriteFile(path, []byte(want+"c,-1,0000000000000000,0000000000000000\na,0,0,0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := duplicates.ReadCache(path, 0); err == nil || !slices.Equal(strings.Split(err.Error(), "\n"), []string{
		path + `:4: c: "-1" is no length of a file`, path + `:5: a stands here a second time`,
	}) {
		t.Error(err)
	}
}

// FuzzRead: whatever the bytes are, a table is refused with file:line, or what
// is read from it can be written and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte("hash,Ids,Target\n0123456789abcdef,a b,0 16 2\n"))
	f.Add([]byte("\xef\xbb\xbfTarget,hash,Ids\r\n,\"0000000000000000\",é\r\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "t.csv")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		groups, err := duplicates.Read(path, 28, 0)
		if err != nil {
			if !strings.HasPrefix(err.Error(), path+":") {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		if err := duplicates.Write(path, groups); err != nil {
			t.Fatal(err)
		}
		if back, err := duplicates.Read(path, 28, 0); err != nil || !cmp.Equal(groups, back) {
			t.Fatal(err, cmp.Diff(groups, back))
		}
	})
}

// BenchmarkGroups groups 100,000 images, one in five a near copy, at each
// distance; "dark" has half of them crowded into hashes of few bits.
func BenchmarkGroups(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	spread := crowd(rng, 100_000, 3)
	dark := slices.Clone(spread)
	for i := range len(dark) / 2 {
		var h uint64
		for range 1 + rng.IntN(6) {
			h |= 1 << rng.IntN(64)
		}
		dark[i].Hash = duplicates.Hash(h)
	}
	for _, set := range []struct {
		name   string
		images []duplicates.Image
	}{{"spread", spread}, {"dark", dark}} {
		for distance := range 9 {
			b.Run(fmt.Sprint(set.name, "/distance ", distance), func(b *testing.B) {
				n := 0
				for b.Loop() {
					n = len(duplicates.Groups(set.images, distance))
				}
				b.ReportMetric(float64(n), "groups")
			})
		}
	}
}
