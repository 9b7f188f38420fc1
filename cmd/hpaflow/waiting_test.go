//go:build unix

package main

import (
	"bytes"
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
			var said bytes.Buffer
			c.Stderr = &said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2500 * time.Millisecond)
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				c.Process.Kill()
				t.Fatal("still waits")
			}
			if code := c.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit code %d\n%s", code, said.String())
			}
			if !strings.Contains(said.String(), "waiting for ") {
				t.Errorf("does not say what it waits for:\n%s", said.String())
			}
		})
	}
}
