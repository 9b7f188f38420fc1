//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// signalled starts a command line of a shell, which runs the program as
// "$hpaflow", sends it signals when it is stuck, and gives its exit code.
func signalled(t *testing.T, script string, signals ...syscall.Signal) (code int, stderr string) {
	t.Helper()
	var said bytes.Buffer
	c := exec.Command("sh", "-c", script)
	c.Env = append(os.Environ(), "hpaflow="+program(t), "input="+manySamples(t, 60), "out="+t.TempDir())
	c.Stderr = &said
	// Pipes that stay open, and on whose other side nobody does anything.
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	time.Sleep(1500 * time.Millisecond)
	for _, s := range signals {
		if err := c.Process.Signal(s); err != nil {
			t.Fatalf("the program has ended before %s", s)
		}
		time.Sleep(300 * time.Millisecond)
	}
	ended := make(chan struct{})
	go func() { c.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		c.Process.Kill()
		<-ended
		t.Errorf("%s goes on after %s", script, signals)
	}
	return c.ProcessState.ExitCode(), said.String()
}

// stalledReader writes more than a pipe holds to a reader that takes nothing.
const stalledReader = `exec "$hpaflow" run ../../configs/rgby.flow --set input="$input" --set output=- --progress none`

// waiting waits for names that do not come.
const waiting = `exec "$hpaflow" run ../../configs/rgby.flow --set input=- --set output="$out" --progress none`

// A signal ends a run that waits for others: SIGINT, SIGTERM, and SIGHUP
// unless it was ignored at the start.
func TestSignalsEndRunsThatWait(t *testing.T) {
	// What ignores a hangup hands that on: not to runs of this test, were it started so.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	for name, script := range map[string]string{"reader": stalledReader, "writer": waiting} {
		for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			t.Run(name+" "+s.String(), func(t *testing.T) {
				t.Parallel()
				if code, stderr := signalled(t, script, s); code != exitInterrupted || stderr != "hpaflow: "+errInterrupted.Error()+"\n" {
					t.Errorf("exit code %d\n%s", code, stderr)
				}
			})
		}
	}
}

// Where SIGINT was ignored at the start, as it is for what a script runs in the
// background, it works even so.
func TestIgnoredInterruptEnds(t *testing.T) {
	if code, stderr := signalled(t, `trap "" INT; `+stalledReader, syscall.SIGINT); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// TestSecondSignal ends a process whose first signal has not.
func TestSecondSignal(t *testing.T) {
	if os.Getenv("HPAFLOW_TEST_STUCK") != "" {
		interruptible(t.Context(), os.Stderr)
		time.Sleep(time.Minute)
		return
	}
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := `trap "" INT; HPAFLOW_TEST_STUCK=1 exec "` + test + `" -test.run=^TestSecondSignal$`
	if code, stderr := signalled(t, script, syscall.SIGINT, syscall.SIGINT); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// What nohup has started outlives its terminal.
func TestHangupIgnoredAtStart(t *testing.T) {
	if os.Getenv("HPAFLOW_TEST_STUCK") != "" {
		ctx, stop := interruptible(t.Context(), os.Stderr)
		defer stop()
		time.Sleep(3 * time.Second)
		if ctx.Err() != nil {
			os.Exit(7)
		}
		return
	}
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := `trap "" HUP; HPAFLOW_TEST_STUCK=1 exec "` + test + `" -test.run=^TestHangupIgnoredAtStart$`
	if code, stderr := signalled(t, script, syscall.SIGHUP); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}
