//go:build gpu && linux

package cuda_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hpaflow/models/gpu/cuda"
)

func TestOpen(t *testing.T) {
	if err := cuda.Open(); err != nil {
		t.Fatal(err)
	}
	if got, want := cuda.Path(), os.Getenv(cuda.Variable); got != want {
		t.Errorf("Path is %q, want %q", got, want)
	}
	if got := cuda.Version(); got != 12080 {
		t.Errorf("Version is %d", got)
	}
	if missing := cuda.Missing(); len(missing) != 0 {
		t.Errorf("the fake driver lacks %v", missing)
	}
}

// What a user reads when it does not work.
func TestWhatOpenSays(t *testing.T) {
	notALibrary := filepath.Join(t.TempDir(), "libcuda.so.1")
	if err := os.WriteFile(notALibrary, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  string
		want string
	}{
		"no driver": {"HPAFLOW_CUDA=", "^no NVIDIA driver: libcuda.so.1 is neither on the loader's path nor in .*: " +
			`install the driver, or point HPAFLOW_CUDA to the file \(libcuda.so.1: cannot open`},
		"a wrong path":        {"HPAFLOW_CUDA=/nowhere/libcuda.so.1", "^no NVIDIA driver: HPAFLOW_CUDA is /nowhere/libcuda.so.1: .*No such file"},
		"no library":          {"HPAFLOW_CUDA=" + notALibrary, "^no NVIDIA driver: HPAFLOW_CUDA is .*file too short|invalid ELF header"},
		"no driver's library": {"HPAFLOW_CUDA=" + filepath.Join(filepath.Dir(os.Getenv("HPAFLOW_CUDA")), "libnccl.so.2"), "^no NVIDIA driver: HPAFLOW_CUDA is .*libnccl.so.2: it is no driver of CUDA$"},
		"an old driver":       {"HPAFLOW_FAKE_VERSION=11040", `^the NVIDIA driver is too old: .*libcuda.so.1 is of CUDA 11.4, and 12.0 or newer is needed \(driver 525.60 or newer\)$`},
		"no card":             {"HPAFLOW_FAKE_DEVICES=0", `^no NVIDIA card: the driver \(.*libcuda.so.1\) is there and sees none$`},
		"the first of 12":     {"HPAFLOW_FAKE_VERSION=12000", "^<nil>$"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.env == "HPAFLOW_CUDA=" && exec.Command("sh", "-c", "ldconfig -p | grep -q libcuda.so.1").Run() == nil {
				t.Skip("this machine has a driver")
			}
			if got := saidByOpen(t, c.env); !regexp.MustCompile(c.want).MatchString(got) {
				t.Errorf("Open says %q, want %s", got, c.want)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	t.Setenv("HPAFLOW_FAKE_DEVICES", "3")
	t.Setenv("HPAFLOW_FAKE_CAPABILITY", "8.6")
	if n, err := cuda.Count(); err != nil || n != 3 {
		t.Fatalf("Count is %d, %v", n, err)
	}
	got, err := cuda.Describe(2)
	if err != nil {
		t.Fatal(err)
	}
	want := cuda.Info{
		Index: 2, Name: "Emulated card 2", UUID: "GPU-00010203-0405-0607-0809-0a0b0c0d0e02",
		Capability: [2]int{8, 6}, Memory: 4 << 30, SMs: 8, Shared: 227 << 10, L2: 1 << 20,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, c := range []struct {
		major, minor int
		want         bool
	}{{8, 0, true}, {8, 6, true}, {8, 9, false}, {9, 0, false}, {7, 5, true}} {
		if got.AtLeast(c.major, c.minor) != c.want {
			t.Errorf("AtLeast(%d, %d) is %t", c.major, c.minor, !c.want)
		}
	}
	if _, err := cuda.Describe(3); !errors.Is(err, cuda.ErrNoCard) || err.Error() != "no NVIDIA card 3: there are 3, counted from 0" {
		t.Errorf("card 3 of 3: %v", err)
	}
}

func TestOldCard(t *testing.T) {
	t.Setenv("HPAFLOW_FAKE_CAPABILITY", "7.0")
	_, err := cuda.OpenCard(0)
	if !errors.Is(err, cuda.ErrCardTooOld) ||
		err.Error() != "the card is too old: card 0, Emulated card 0, has compute capability 7.0, and 7.5 or newer is needed" {
		t.Errorf("capability 7.0: %v", err)
	}
}

// Each name of the driver that cu refers to has its trampoline.
func TestSymbols(t *testing.T) {
	list, err := os.ReadFile("include/cuda/symbols.h")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, m := range regexp.MustCompile(`(?m)^X\((\w+)\)$`).FindAllStringSubmatch(string(list), -1) {
		have = append(have, m[1])
	}
	if !slices.IsSorted(have) {
		t.Error("symbols.h is not in order")
	}
	calls, err := os.ReadFile("include/cuda/calls.h")
	if err != nil {
		t.Fatal(err)
	}
	exported := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#define (\w+) (\w+)$`).FindAllStringSubmatch(string(calls), -1) {
		exported[m[1]] = m[2]
	}
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "gorgonia.org/cu").Output()
	if err != nil {
		t.Fatal(err)
	}
	folder := strings.TrimSpace(string(out))
	// Names in comments, and functions of cu's own.
	own := map[string]bool{"cuDeviceGetAttributes": true, "cuLaunchAndSync": true, "cuAllocAndCopy": true, "cuGraphNode": true}
	files, _ := filepath.Glob(filepath.Join(folder, "*.*"))
	named := 0
	for _, file := range files {
		pattern := map[string]string{".go": `\bC\.(cu[A-Z]\w*)\(`, ".c": `\b(cu[A-Z]\w*)\(`}[filepath.Ext(file)]
		if pattern == "" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			name := m[1]
			if own[name] {
				continue
			}
			if e, ok := exported[name]; ok {
				name = e
			}
			named++
			if _, ok := slices.BinarySearch(have, name); !ok {
				t.Errorf("%s: %s is not in symbols.h", filepath.Base(file), name)
			}
		}
	}
	if named < 159 {
		t.Errorf("only %d names were found in %s", named, folder)
	}
}
