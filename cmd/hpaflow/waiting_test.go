//go:build unix

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A run that waits for its input ends on a signal, with 130, and has said what
// it waits for.
func TestASignalEndsARunThatWaitsForInput(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "names")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	flow, err := filepath.Abs("../../configs/rgby.flow")
	if err != nil {
		t.Fatal(err)
	}
	for name, input := range map[string]string{"standard input": "-", "a pipe without a writer": pipe} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, w, err := os.Pipe() // never written to
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			defer r.Close()
			c := exec.Command(program(t), "run", flow, "--set", "input="+input, "--set", "output="+t.TempDir())
			c.Stdin = r
			stderr, err := c.StderrPipe()
			if err == nil {
				err = c.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			patience := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
			defer patience.Stop()
			lines := bufio.NewScanner(stderr)
			for lines.Scan() && !strings.Contains(lines.Text(), "waiting for ") {
			}
			if !strings.Contains(lines.Text(), "waiting for ") {
				t.Fatal("does not say what it waits for")
			}
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(stderr)
			if err != nil {
				t.Fatal(err)
			}
			c.Wait()
			if code := c.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit code %d\n%s", code, rest)
			}
		})
	}
}
