//go:build gpu && linux

package kernels

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The committed PTX is of these sources.
func TestPTXIsOfTheSources(t *testing.T) {
	out, err := exec.Command("./digest.sh").Output()
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(ptx, "\n")
	if want := "// sources " + strings.TrimSpace(string(out)); first != want {
		t.Errorf("kernels.ptx begins with %q, want %q: run generate.sh", first, want)
	}
}

// Where the compiler is at hand it makes the same bytes again.
func TestPTXIsMadeAgain(t *testing.T) {
	if _, err := exec.LookPath("clang++-19"); err != nil {
		t.Skip("there is no clang++-19")
	}
	file := filepath.Join(t.TempDir(), "again.ptx")
	if out, err := exec.Command("./generate.sh", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	again, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, []byte(ptx)) {
		t.Error("generate.sh makes another kernels.ptx")
	}
}

// Nothing in the PTX depends on the card or on which thread comes first: no
// approximations, nothing that an assembler may fuse, no atomic sums.
func TestPTXHasOneResult(t *testing.T) {
	loose := regexp.MustCompile(`\.(approx|ftz|full)\b|\t(atom|red)\.|\t(add|sub|mul|fma|mad|div|sqrt|rcp)\.f(32|64)\b`)
	for i, line := range strings.Split(ptx, "\n") {
		if loose.MatchString(line) {
			t.Errorf("line %d: %s", i+1, line)
		}
	}
}

// Every kernel is launched from here by its name, and every name that is
// launched is a kernel.
func TestNames(t *testing.T) {
	kernels := map[string]bool{}
	for _, name := range Names() {
		for _, suffix := range []string{"_1", "_f32", "_bf16", "_f32", "_bf16"} { // copies have two types
			name = strings.TrimSuffix(name, suffix)
		}
		kernels[name] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	launched := map[string]bool{}
	quoted := regexp.MustCompile(`"([a-z][a-z_0-9]+)"`)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			launched[m[1]] = true
		}
	}
	for name := range kernels {
		stem := regexp.MustCompile(`_(u8|u16|float)$`).ReplaceAllString(name, "")
		if !launched[stem] {
			t.Errorf("nothing launches %s", name)
		}
	}
}
