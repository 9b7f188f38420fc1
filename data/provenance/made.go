package provenance

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"
)

// Format is the version of what records and results hold. A result of another
// one is not up to date.
const Format = 1

// Made is what a result was made from, beside samples.
type Made struct {
	Format int               `json:"format"`
	Values map[string]string `json:"values,omitempty"` // settings by name, such as resize.size
	Inputs map[string]string `json:"inputs,omitempty"` // SHA-256 of contents by name, such as label.table
}

// New makes a recipe of settings and of the contents of files, by name. Of a
// folder, the files in it count; several paths count in their order.
func New(values map[string]string, files map[string][]string) (*Made, error) {
	m := &Made{Format: Format, Values: maps.Clone(values), Inputs: map[string]string{}}
	var group errgroup.Group // large tables take a processor a second for each gigabyte or two
	group.SetLimit(runtime.GOMAXPROCS(0))
	digests := map[string][][]byte{}
	for name, paths := range files {
		list := make([][]byte, len(paths))
		digests[name] = list
		for i, path := range paths {
			group.Go(func() (err error) {
				list[i], err = Contents(path)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for name, list := range digests {
		all := sha256.Sum256(bytes.Join(list, nil))
		m.Inputs[name] = hex.EncodeToString(all[:])
	}
	return m, nil
}

// Contents is the digest of a file, or of the files in a folder by name. What is
// hidden, and the folders in it, do not count.
func Contents(path string) ([]byte, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return digestFile(path)
	}
	all := sha256.New()
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), Suffix) {
			continue
		}
		digest, err := digestFile(filepath.Join(path, e.Name()))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(all, "%q", e.Name())
		all.Write(digest)
	}
	return all.Sum(nil), nil
}

// Differences names what is not as it was, a phrase each: "resize.size is 64,
// was 32", "label.table has other contents". It is empty for equal recipes.
func (m *Made) Differences(was *Made) []string {
	var list []string
	if m.Format != was.Format {
		list = append(list, fmt.Sprintf("the format is %d, was %d", m.Format, was.Format))
	}
	for _, name := range namesOf(m.Values, was.Values) {
		if now, before := shown(m.Values, name), shown(was.Values, name); now != before {
			list = append(list, fmt.Sprintf("%s is %s, was %s", name, now, before))
		}
	}
	for _, name := range namesOf(m.Inputs, was.Inputs) {
		if m.Inputs[name] != was.Inputs[name] {
			list = append(list, name+" has other contents")
		}
	}
	return list
}

// shown is a value for people; one that is not there is at its default.
func shown(values map[string]string, name string) string {
	v, set := values[name]
	switch {
	case !set:
		return "the default"
	case v == "":
		return `""`
	}
	return v
}

func namesOf(a, b map[string]string) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// Tag is a short digest of the recipe, never 0, for a ledger.
func (m *Made) Tag() uint64 {
	b, err := json.Marshal(m) // maps are written in the order of their keys
	if err != nil {
		panic(err) // maps of strings can be written
	}
	return nonzero(xxhash.Sum64(b))
}

func nonzero(n uint64) uint64 { return max(n, 1) }
