package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
)

// program makes this test binary runnable as hpaflow.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "hpaflow")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// manySamples fills a folder with copies of the example under other Ids.
func manySamples(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	example := []string{"1_A1_1", "1_A1_2", "1_B3_1", "1_B3_2", "1_C2_1", "1_C2_2"}
	for i := range n {
		for _, colour := range data.Colours {
			b, err := os.ReadFile(filepath.Join("../../configs/example", example[i%len(example)]+"_"+colour+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("9_%04d_%s.png", i, colour)), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// TestInterruptResumes interrupts a run as Ctrl-C does. Half of the names have
// come through a pipe by then and the rest are still to come, so that the run
// is in the middle of its work.
func TestInterruptResumes(t *testing.T) {
	const samples = 600 // files appear by the 256
	hpaflow, input, output := program(t), manySamples(t, samples), t.TempDir()
	names, err := filepath.Glob(filepath.Join(input, "*.png"))
	if err != nil || len(names) != samples*len(data.Colours) {
		t.Fatalf("%d files, %v", len(names), err)
	}
	command := func(input string) *exec.Cmd {
		return exec.Command(hpaflow, "run", "../../configs/rgby.flow", "--set", "input="+input, "--set", "output="+output)
	}
	var stderr bytes.Buffer
	c := command("-")
	c.Stderr = &stderr
	pipe, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	if _, err := fmt.Fprintln(pipe, strings.Join(names[:len(names)/2], "\n")); err != nil {
		t.Fatal(err)
	}
	finished := func() []string {
		files, _ := filepath.Glob(filepath.Join(output, "9_*.png"))
		return files
	}
	for start := time.Now(); len(finished()) == 0; time.Sleep(time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatalf("no output after a minute\n%s", stderr.Bytes())
		}
	}
	c.Process.Signal(os.Interrupt)
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted {
		t.Fatalf("exit code %d\n%s", code, stderr.Bytes())
	}
	done := foldertest.Read(t, output)
	delete(done, ".run/made.json")
	delete(done, ".run/samples")
	delete(done, ".run/samples.log")
	delete(done, ".run/seen")
	for name := range done {
		if filepath.Ext(name) != ".png" {
			t.Errorf("the interrupted run left %s", name)
		}
	}
	if len(done) == 0 || len(done) > samples/2 {
		t.Errorf("the interrupted run left %d files, half of whose %d samples it knew", len(done), samples)
	}
	out, err := command(input).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := len(foldertest.Read(t, output)); n != samples+2 { // with what they were made from: .run/made.json and samples
		t.Fatalf("%d files after going on", n)
	}
	if want := fmt.Sprintf("%d ", len(done)); !strings.Contains(string(out), want) {
		t.Errorf("going on does not say that %swere there:\n%s", want, out)
	}
}
