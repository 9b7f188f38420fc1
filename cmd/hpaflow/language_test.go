package main

import (
	"os"
	"strings"
	"testing"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/ops"
	"hpaflow/sinks"
	"hpaflow/sources"
)

// hpaflow runs the program and gives what it writes and its exit code.
func hpaflow(args ...string) (stdout, stderr string, code int) {
	var out, errs strings.Builder
	code = mainExit(append([]string{"hpaflow"}, args...), strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

// small is laid out canonically, and its folder exists.
const small = `variable "dir" {
  default = "."
}

source "channels" "cells" {
  dir = var.dir
}

op "decode" "planes" {
  in = source.cells
}

op "encode" "png" {
  in = op.planes
}

sink "files" "out" {
  in  = op.png
  dir = "out"
}
`

func TestCheck(t *testing.T) {
	good := foldertest.Put(t, "good.flow", small)
	bad := foldertest.Put(t, "bad.flow", strings.Replace(small, "op.png", "op.pgn", 1))

	out, errs, code := hpaflow("check", good)
	if want := good + ": ok (4 nodes, 1 variable)\n"; out != want || errs != "" || code != exitDone {
		t.Errorf("good: %d, %q, %q", code, out, errs)
	}
	out, errs, code = hpaflow("check", bad, good, "--set", "dir=nowhere")
	for _, want := range []string{
		bad + `:18:9: unknown reference op.pgn; did you mean op.png?`,
		bad + `:6:9: dir: folder "nowhere" does not exist; var.dir is "nowhere" (--set dir=nowhere)`,
		good + `:6:9: dir: folder "nowhere" does not exist; var.dir is "nowhere" (--set dir=nowhere)`,
	} {
		if !strings.Contains(errs, want+"\n") {
			t.Errorf("bad: no %q in\n%s", want, errs)
		}
	}
	if out != "" || code != exitUsage {
		t.Errorf("bad: %d, %q", code, out)
	}
}

func TestFmt(t *testing.T) {
	loose := strings.ReplaceAll(small, "  in ", "\tin")
	path := foldertest.Put(t, "loose.flow", loose)
	if out, _, code := hpaflow("fmt", path); out != small || code != exitDone {
		t.Errorf("fmt: %d\n%s", code, out)
	}
	if left, _ := os.ReadFile(path); string(left) != loose {
		t.Errorf("fmt without -w has changed the file")
	}
	broken := foldertest.Put(t, "broken.flow", "op \"x\" {")
	out, errs, code := hpaflow("fmt", "-w", broken, path)
	if out != path+"\n" || !strings.HasPrefix(errs, broken+":1:") || code != exitUsage {
		t.Errorf("fmt -w: %d, %q, %q", code, out, errs)
	}
	if written, _ := os.ReadFile(path); string(written) != small {
		t.Errorf("fmt -w has written\n%s", written)
	}
	if out, _, code = hpaflow("fmt", "-w", path); out != "" || code != exitDone {
		t.Errorf("fmt -w again: %d, %q", code, out)
	}
}

func TestGraph(t *testing.T) {
	path := foldertest.Put(t, "small.flow", small)
	for format, begins := range map[string]string{"dot": "digraph \"small\" {", "mermaid": "flowchart TB", "svg": "<svg "} {
		out, errs, code := hpaflow("graph", path, "--format", format, "--set", "dir=nowhere")
		if !strings.HasPrefix(out, begins) || errs != "" || code != exitDone {
			t.Errorf("%s: %d, %q, %q", format, code, out, errs)
		}
	}
	if _, errs, code := hpaflow("graph", path, "--format", "png"); code != exitUsage || !strings.Contains(errs, "want one of dot, mermaid, svg") {
		t.Errorf("png: %d, %q", code, errs)
	}
}

// Every component has a reference page with all of its ports and fields, and
// an example in the canonical layout.
func TestOps(t *testing.T) {
	reg := &component.Registry{}
	sources.Register(reg, strings.NewReader(""))
	ops.Register(reg)
	sinks.Register(reg, &strings.Builder{})

	list, _, code := hpaflow("ops")
	if code != exitDone {
		t.Fatalf("exit code %d", code)
	}
	for _, kind := range kinds {
		for _, s := range reg.Specs(kind) {
			if !strings.Contains(list, "\n  "+s.Name+" ") {
				t.Errorf("%s is not in the list", s.Title())
			}
			page, _, code := hpaflow("ops", s.Name)
			if code != exitDone || !strings.Contains(page, s.Title()+":") {
				t.Errorf("%s: %d\n%s", s.Title(), code, page)
			}
			for _, f := range s.AllFields() {
				if !strings.Contains(page, "\n  "+f.Name+" ") {
					t.Errorf("%s: the page lacks %s", s.Title(), f.Name)
				}
			}
			example := lang.Example(s)
			if got, err := lang.Format("example", []byte(example)); err != nil || string(got) != example {
				t.Errorf("%s: the example formats to %v\n%s", s.Title(), err, got)
			}
		}
	}
	if _, errs, code := hpaflow("ops", "resise"); code != exitUsage || !strings.Contains(errs, `did you mean "resize"?`) {
		t.Errorf("resise: %d, %q", code, errs)
	}
}
