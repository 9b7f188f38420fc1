package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the architecture: each folder, and those of ours it may use.
// Imports point down only.
var mayImport = map[string][]string{
	"data":        {"data"},
	"flow":        {"flow"},
	"models":      {"models", "data"},
	"ops":         {"ops", "flow", "data", "models"},
	"sources":     {"sources", "flow", "data"},
	"sinks":       {"sinks", "flow", "data", "models"},
	"configs":     {},
	"cmd":         {"cmd", "configs", "flow", "data", "models", "ops", "sources", "sinks"},
	"flow engine": {"flow"}, // flow without flow/lang
}

// keptOut are the modules that only one folder may import.
var keptOut = map[string]string{
	"github.com/hashicorp/hcl":   "hpaflow/flow/lang",
	"github.com/reugn":           "hpaflow/flow",
	"gorgonia.org":               "hpaflow/models",
	"github.com/nlpodyssey":      "hpaflow/models/statedict",
	"github.com/urfave":          "hpaflow/cmd",
	"github.com/parquet-go":      "hpaflow/data/shard",
	"github.com/disintegration":  "hpaflow/data",
	"gonum.org/v1/plot":          "hpaflow/sinks",
	"google.golang.org/protobuf": "hpaflow/data/tfevents",
	"github.com/cenkalti":        "hpaflow/sources/fetch",
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsPointDown(t *testing.T) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "hpaflow/...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; packages++ {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		folder, _, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, "hpaflow/"), "/")
		allowed, known := mayImport[folder]
		if p.ImportPath == "hpaflow/flow" {
			allowed = mayImport["flow engine"]
		}
		if !known {
			t.Errorf("%s is in no folder of the architecture", p.ImportPath)
		}
		for _, path := range p.Imports {
			if rest, ours := strings.CutPrefix(path, "hpaflow/"); ours {
				to, _, _ := strings.Cut(rest, "/")
				if !slices.Contains(allowed, to) || path == "hpaflow/flow/lang" && folder != "cmd" {
					t.Errorf("%s may not import %s", p.ImportPath, path)
				}
			}
			for module, only := range keptOut {
				if strings.HasPrefix(path, module) && !strings.HasPrefix(p.ImportPath, only) {
					t.Errorf("%s imports %s, which belongs to %s", p.ImportPath, path, only)
				}
			}
		}
	}
	if packages < 8 {
		t.Fatalf("go list named only %d packages", packages)
	}
}
