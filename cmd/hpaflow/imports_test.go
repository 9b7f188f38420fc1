package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The arrows of the architecture: each room, and those of ours that it may
// import. A room that is not named has the arrows of the nearest one above it.
// "*" stands for a room's own floor: the rooms beside it, which must not import
// in a circle, as the compiler sees to.
var arrows = map[string][]string{
	"data":                    {"data/regular"},
	"data/regular":            {},
	"data/*":                  {"data"},
	"flow":                    {"flow/machine"},
	"flow/machine":            {},
	"flow/component":          {"data/place", "data/store", "flow"},
	"flow/lang":               {"data/place", "data/store", "flow", "flow/component"},
	"flow/lang/langtest":      {"flow", "flow/component", "flow/lang"},
	"flow/draw":               {"flow", "flow/lang"},
	"flow/streams":            {"flow"},
	"flow/standin":            {"data/place", "data/provenance", "flow", "flow/component", "flow/lang"},
	"flow/cluster":            {"data/atomicfile"},
	"flow/units":              {"data/atomicfile", "data/place", "data/provenance", "flow", "flow/component", "flow/lang"},
	"flow/units/steps":        {"data/atomicfile", "data/place", "data/provenance", "flow", "flow/component", "flow/lang", "flow/units"},
	"models":                  {"data", "models/network", "models/statedict"},
	"models/statedict":        {"data/half", "data/regular"},
	"models/network":          {"models/statedict"},
	"models/cpu":              {"data", "models", "models/network", "models/statedict", "models/cpu/kernels"},
	"models/cpu/kernels":      {"data/processor", "models/cpu/pages"},
	"models/cpu/transformer":  {"data", "models", "models/network", "models/statedict", "models/cpu/kernels"},
	"models/subcell":          {"data/goldentest", "models/network", "models/statedict"},
	"models/checkpoint":       {"data", "models", "models/statedict"},
	"models/onnx":             {"data", "models", "models/network"},
	"models/bench":            {"data", "models", "models/cpu", "models/cpu/kernels", "models/devices", "models/network"},
	"models/gpu":              {"data", "models", "models/network", "models/statedict", "models/gpu/cuda", "models/gpu/dnn", "models/gpu/fake", "models/gpu/kernels", "models/gpu/nccl", "models/gpu/plan", "models/gpu/reference"},
	"models/gpu/library":      {},
	"models/gpu/cuda":         {},
	"models/gpu/fake":         {},
	"models/gpu/dnn":          {"models/gpu/cuda", "models/gpu/library"},
	"models/gpu/nccl":         {"models/gpu/cuda", "models/gpu/library"},
	"models/gpu/kernels":      {"data/pixel", "models/gpu/cuda"},
	"models/gpu/plan":         {"models", "models/network"},
	"models/gpu/reference":    {"models/gpu/plan", "models/network"},
	"models/devices":          {"models", "models/cpu", "models/gpu", "models/network"},
	"ops/edges":               {"data", "flow", "flow/component"},
	"ops/edges/trained":       {"flow/component", "models/checkpoint"},
	"ops/*":                   {"data", "flow", "flow/component", "models", "ops"},
	"sources/*":               {"data", "flow", "flow/component", "ops/edges", "sources"},
	"sources/download/fetch":  {},
	"sinks/*":                 {"data", "flow", "flow/component", "models/checkpoint", "models/statedict", "ops/edges", "ops/edges/trained", "sinks"},
	"configs":                 {},
	"cmd/hpaflow/terminal":    {},
	"cmd/hpaflow/browsertest": {},
	"cmd/hpaflow/cards":       {"flow/component", "models/devices", "models/gpu"},
	"cmd/hpaflow/live":        {"flow", "flow/draw", "flow/lang", "flow/streams"},
	"cmd/hpaflow/preview":     {"cmd/hpaflow/live", "data", "models/checkpoint", "sinks/report"},
	"cmd/hpaflow/reports":     {"cmd/hpaflow/live", "data/atomicfile", "data/place", "flow", "flow/component", "flow/lang", "sinks/results"},
	"cmd/hpaflow/cluster":     {"flow", "flow/cluster", "flow/component", "flow/lang", "flow/machine", "flow/units", "flow/units/steps"},
	"cmd/hpaflow/batches":     {"data", "data/npy", "data/pixel", "flow", "flow/lang", "ops/edges"},
	"cmd/hpaflow/compare":     {"cmd/hpaflow/reports", "data/place", "flow/lang", "models/checkpoint"},
	"cmd/hpaflow/export":      {"data", "data/atomicfile", "data/regular", "models", "models/checkpoint", "models/network", "models/onnx", "models/statedict"},
	"cmd/hpaflow/names":       {"data/names", "sources/images"},
	"cmd/hpaflow/view":        {"cmd/hpaflow/live", "cmd/hpaflow/view/inputs", "cmd/hpaflow/view/page", "cmd/hpaflow/view/tiles", "data", "flow/component"},
	"cmd/hpaflow/view/inputs": {"data", "flow", "flow/component", "sources/images"},
	"cmd/hpaflow/view/page":   {},
	"cmd/hpaflow/view/tiles":  {"data", "flow", "flow/component", "ops/images"},
	"cmd/hpaflow/watch":       {"cmd/hpaflow/live", "cmd/hpaflow/terminal", "flow/component", "flow/lang"},
	"cmd/*":                   {"cmd/hpaflow/batches", "cmd/hpaflow/cards", "cmd/hpaflow/cluster", "cmd/hpaflow/compare", "cmd/hpaflow/export", "cmd/hpaflow/forms", "cmd/hpaflow/live", "cmd/hpaflow/names", "cmd/hpaflow/preview", "cmd/hpaflow/reports", "cmd/hpaflow/terminal", "cmd/hpaflow/view", "cmd/hpaflow/watch", "configs", "data", "flow", "flow/component", "flow/draw", "flow/lang", "flow/machine", "flow/standin", "flow/streams", "flow/units", "flow/units/steps", "models", "ops", "sinks", "sources"},
}

// wholeFloors are the rooms that stand for all below them where an arrow points
// to them.
var wholeFloors = []string{"data", "models", "ops", "sources", "sinks"}

// libraries are the modules that only these rooms may import.
var libraries = map[string][]string{
	"github.com/hashicorp/hcl":          {"flow/lang"},
	"github.com/reugn/go-streams":       {"flow/streams"},
	"github.com/corona10/goimagehash":   {"data/imagehash"},
	"github.com/disintegration/imaging": {"sinks/report"},
	"github.com/klauspost/compress":     {"cmd/hpaflow/view/inputs", "data", "ops/images", "sinks/results"},
	"github.com/pierrec/lz4":            {"data/codec/unpack"},
	"github.com/urfave/cli":             {"cmd/hpaflow"},
	"gorgonia.org/gorgonia":             {"models/cpu"},
	"gorgonia.org/tensor":               {"models/cpu"},
	"gorgonia.org/cu":                   {"models/gpu"},
	"github.com/nlpodyssey":             {"models/statedict"},
	"github.com/parquet-go":             {"data/embed", "data/shards"},
	"gonum.org/v1/gonum":                {"data/embed", "data/mixing"},
	"gonum.org/v1/plot":                 {"sinks/report"},
	"go.yaml.in/yaml":                   {"models/subcell"},
	"google.golang.org/protobuf":        {"data/tfevents", "models/onnx"},
	"github.com/cenkalti":               {"data/store/remote", "sources/download/fetch"},
	"github.com/aws":                    {"data/store/s3"},
	"github.com/Azure":                  {"data/store/azure"},
	"golang.org/x/oauth2":               {"data/store/gs"},
	"github.com/therootcompany/xz":      {"data/archive", "data/codec/tiff"},
	"golang.org/x/image":                {"data/codec/tiff", "sinks/report"},
	"github.com/nats-io":                {"flow/cluster"},
	"github.com/chromedp":               {"cmd/hpaflow/browsertest"},
}

// listed is a package as `go list` tells of it.
type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
	GoFiles    []string
	CgoFiles   []string
}

// packages are all of them, and once more those with files for cards, as a
// build for these has them.
func packages(t *testing.T) []listed {
	t.Helper()
	all := list(t, "hpaflow/...")
	if len(all) < 40 {
		t.Fatalf("go list named only %d packages", len(all))
	}
	return append(all, list(t, "-tags=gpu", "hpaflow/models/gpu/...", "hpaflow/models/devices", "hpaflow/cmd/hpaflow")...)
}

func list(t *testing.T, what ...string) (all []listed) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Doc,Imports,GoFiles,CgoFiles"}, what...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1") // none is compiled
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		p.GoFiles = append(p.GoFiles, p.CgoFiles...)
		all = append(all, p)
	}
}

// allowed are the arrows of a room.
func allowed(room string) (list []string, known bool) {
	for at := room; ; {
		if list, known := arrows[at]; known {
			return list, true
		}
		cut := strings.LastIndex(at, "/")
		if cut < 0 {
			// the room that puts a floor together may know all of it
			return []string{room, "flow/component"}, slices.Contains([]string{"ops", "sources", "sinks"}, room)
		}
		at = at[:cut]
		if list, known := arrows[at+"/*"]; known {
			return list, true
		}
	}
}

// leads says whether an arrow to a room leads to another as well.
func leads(to, path string) bool {
	return path == to || slices.Contains(wholeFloors, to) && strings.HasPrefix(path, to+"/")
}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, p := range packages(t) {
		room := strings.TrimPrefix(p.ImportPath, "hpaflow/")
		list, known := allowed(room)
		if !known {
			t.Errorf("%s is in no room of the architecture", p.ImportPath)
		}
		for _, path := range p.Imports {
			if to, ours := strings.CutPrefix(path, "hpaflow/"); ours && !slices.ContainsFunc(list, func(arrow string) bool { return leads(arrow, to) }) {
				t.Errorf("%s may not import %s", room, to)
			}
			for module, rooms := range libraries {
				if strings.HasPrefix(path, module) && !slices.ContainsFunc(rooms, func(r string) bool { return strings.HasPrefix(room+"/", r+"/") }) {
					t.Errorf("%s imports %s, which belongs to %s", room, path, strings.Join(rooms, ", "))
				}
			}
		}
	}
}

// No room grows past what one can look over, and each says what it is.
func TestRoomsAreSmall(t *testing.T) {
	const most = 25
	for _, p := range packages(t) {
		if len(p.GoFiles) > most && !strings.HasSuffix(p.ImportPath, "/kernels") {
			t.Errorf("%s has %d files", p.ImportPath, len(p.GoFiles))
		}
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// Every type on an edge is declared once, in the two rooms for it.
func TestEdgeTypesAreDeclaredOnce(t *testing.T) {
	find := exec.Command("git", "grep", "-hoE", `TypeOf\[[^(]*\]\("[a-z ]+"\)`, "--", "*.go", ":!*_test.go", ":!flow/lang/langtest")
	find.Dir = "../.."
	out, err := find.Output()
	if err != nil {
		t.Skipf("git grep: %v", err)
	}
	name := regexp.MustCompile(`"[a-z ]+"`)
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		n := name.FindString(line)
		if seen[n] {
			t.Errorf("the edge type %s is declared twice", n)
		}
		seen[n] = true
	}
	if len(seen) < 15 {
		t.Errorf("found only %d edge types", len(seen))
	}
}
