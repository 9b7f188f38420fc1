package augment

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBest(t *testing.T) {
	p := Best()
	if len(p) != 5 || len(p.Pairs()) != 25 {
		t.Fatalf("%d sets, %d pairs", len(p), len(p.Pairs()))
	}
	first := p[0][0][0]
	if first.Kind != "ElasticTransform" || first.P != .75 || first.Numbers["alpha_affine"][0] != 67 {
		t.Errorf("it begins with %+v", first)
	}
}

// TestDraw: what the search draws is valid, and reads back as it was written.
func TestDraw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{Draw(generator(rapid.Uint64().Draw(t, "seed")))}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse("p.json", text)
		if err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("%s\nread as %+v, %v", text, back, err)
		}
	})
}

// TestFaults: every fault is named, with its line.
func TestFaults(t *testing.T) {
	const text = `[[
 [{"op": "Blur", "blur_limit": 99, "p": 2},
  {"op": "Blurr", "p": 0}],
 [{"op": "Rotate", "limits": 5, "p": 0.5},
  {"op": "RandomGamma", "gamma_limit": [130, 70], "p": 1}],
 [{"op": "RandomGamma", "gamma_limit": 80, "p": 1}],
 [{"op": "GridDistortion", "num_steps": 2.5, "distort_limit": "much", "p": 1},
  {"op": "GridDistortion", "num_steps": 2.5, "distort_limit": 0.1, "p": 1}],
 [7, {"p": 1}],
 [{"op": "InvertImg"}, {"op": "InvertImg", "p": "often"}]
]] 1`
	want := []string{
		"p.json:2: set 1, pair 1, operation 1: Blur: p is 2, want a probability",
		"p.json:2: set 1, pair 1, operation 1: Blur: blur_limit 99 is outside 3..15",
		`p.json:3: set 1, pair 1, operation 2: unknown op "Blurr"`,
		"p.json:4: set 1, pair 2, operation 1: Rotate: limit is missing",
		`p.json:4: set 1, pair 2, operation 1: Rotate: unknown field "limits"`,
		"p.json:5: set 1, pair 2, operation 2: RandomGamma: gamma_limit runs from 130 down to 70",
		"p.json:6: set 1, pair 3, operation 1: RandomGamma: gamma_limit has 1 numbers, want 2",
		"p.json:6: set 1, pair 3 has 1 operations, want 2",
		`p.json:7: set 1, pair 4, operation 1: GridDistortion: distort_limit is "much", want a number`,
		"p.json:8: set 1, pair 4, operation 2: GridDistortion: num_steps 2.5 is not a whole number",
		"p.json:9: set 1, pair 5, operation 1: want an operation, not a number",
		"p.json:9: set 1, pair 5, operation 2: no op that names it",
		"p.json:10: set 1, pair 6, operation 1: p is missing",
		`p.json:10: set 1, pair 6, operation 2: p is "often", want a probability`,
		"p.json:11: something follows the policy",
	}
	_, err := Parse("p.json", []byte(text))
	if err == nil {
		t.Fatal("no fault found")
	}
	got := strings.Split(err.Error(), "\n")
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("missing: %s", want[i])
		case i >= len(want) || !strings.HasPrefix(got[i], want[i]):
			t.Errorf("fault %d: %s", i, got[i])
		}
	}
	for text, want := range map[string]string{
		"":              "p.json:1: the text ends too soon",
		"[[[":           "p.json:1: the text ends too soon",
		"{}":            "p.json:1: want a list of sets, not {",
		"[\n3]":         "p.json:2: want a list of pairs, not 3",
		"[[]]":          "p.json:1: the policy has no pair of operations",
		"[[[\n{\"op\"]": "p.json:2: invalid character",
	} {
		if _, err := Parse("p.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.json")
	if err := os.WriteFile(file, []byte(`[[[{"op":"InvertImg","p":1},{"op":"InvertImg","p":0}]]]`), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, pairs := range map[string]int{"none": 0, "best": 25, file: 1} {
		if p, err := Load(name); err != nil || len(p.Pairs()) != pairs {
			t.Errorf("%s: %d pairs, %v", name, len(p.Pairs()), err)
		}
	}
	if _, err := Load(file + "x"); err == nil {
		t.Error("a missing file is no error")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(best)
	f.Add([]byte(`[[[{"op":"Blur","blur_limit":3,"p":0},{"op":"InvertImg","p":1}]]]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := Parse("p.json", text); err == nil {
			if err := p.Validate(); err != nil {
				t.Fatalf("what is read is not valid: %v", err)
			}
		}
	})
}
