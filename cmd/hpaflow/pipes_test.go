//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
)

// A pipe that nobody writes to, in the place of any file that is read more than
// once or as a whole, is refused by name and never waited for; a flow that is
// read from one is waited for until a signal comes.
func TestPipesInThePlaceOfFiles(t *testing.T) {
	if raced {
		t.Skip("nothing that waits tells of races")
	}
	hpaflow := program(t)
	images, split := cellstest.TrainingSet(t, 12, 4)
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	planes := filepath.Join(dir, "planes")
	foldertest.Fill(t, planes, map[string]string{"1_green.png": "", "1_blue.png": "", "1_yellow.png": ""})
	for _, path := range []string{pipe, filepath.Join(planes, "1_red.png")} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out")
	flow := func(name string, sets ...string) []string {
		args := []string{"run", "--progress", "none", "../../configs/" + name, "--set", "out=" + out}
		if strings.HasPrefix(name, "rgby") {
			args = []string{"run", "--progress", "none", "../../configs/" + name, "--set", "output=" + out}
		}
		for _, s := range sets {
			args = append(args, "--set", s)
		}
		return args
	}
	training := []string{"images=" + images, "table=" + split, "size=32", "batch=4"}
	for name, args := range map[string][]string{
		"table":     flow("train.flow", append(training, "table="+pipe)...),
		"policy":    flow("train.flow", append(training, "policy="+pipe)...),
		"init":      flow("train.flow", append(training, "init="+pipe)...),
		"weights":   flow("infer.flow", append(training, "split=val", "out="+out+".csv", "weights="+pipe)...),
		"of shards": flow("rgby-shards.flow", "input=../../configs/example", "table="+pipe),
		"a plane":   flow("rgby-shards.flow", "input="+planes),
		"the flow":  {"run", pipe},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(hpaflow, args...)
			kill := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
			defer kill.Stop()
			if name == "the flow" {
				time.AfterFunc(time.Second, func() { cmd.Process.Signal(syscall.SIGTERM) })
			}
			text, _ := cmd.CombinedOutput()
			code := cmd.ProcessState.ExitCode()
			switch {
			case name == "the flow":
				if code != exitInterrupted {
					t.Errorf("exit code %d\n%s", code, text)
				}
			case code == exitDone || code == -1:
				t.Errorf("exit code %d\n%s", code, text)
			case !strings.Contains(string(text), " is a named pipe, not a file"):
				t.Errorf("exit code %d\n%s", code, text)
			}
		})
	}
}
