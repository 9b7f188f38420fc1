//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/data/codec"
)

// noisySamples fills a folder with samples of 16 bits that do not compress, all
// of them links to the files of one.
func noisySamples(t *testing.T, side, n int) string {
	t.Helper()
	dir := t.TempDir()
	im := data.NewImage(side, side, 1, 16)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range im.Planes[0].U16 {
		im.Planes[0].U16[i] = uint16(r.Uint32())
	}
	b, err := codec.AppendRGBY(nil, im)
	if err != nil {
		t.Fatal(err)
	}
	one := filepath.Join(dir, "one")
	if err := os.WriteFile(one, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for _, c := range data.Colours {
			if err := os.Link(one, filepath.Join(dir, string(rune('a'+i))+"_"+c+".png")); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// Large samples stay within 1.3 times the memory that a run is given, all of the
// process counted, or are refused with what they need.
func TestMemoryBoundsTheProcess(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("converts large images")
	}
	dir := noisySamples(t, 3072, 5)
	for _, flow := range []string{"rgby.flow", "rgby-shards.flow"} {
		took, code, text := peak(t, "run", filepath.Join("../../configs", flow), "--set", "input="+dir, "--set", "output="+t.TempDir(), "--memory", "256MiB")
		if code != exitDone || took > (256<<20)*13/10 {
			t.Errorf("%s took %d MiB, exit code %d\n%s", flow, took>>20, code, text)
		}
		t.Logf("%s took %d MiB", flow, took>>20)
	}
	took, code, text := peak(t, "run", "../../configs/rgby.flow", "--set", "input="+dir, "--set", "output="+t.TempDir(), "--memory", "64MiB")
	if code != exitDeadLetters || took > 128<<20 {
		t.Errorf("what is refused took %d MiB, exit code %d\n%s", took>>20, code, text)
	}
}

// peak runs the program, and gives the most memory that it had. The system's
// word when it ends will not do: that begins at what this process has.
func peak(t *testing.T, args ...string) (bytes int64, code int, said string) {
	t.Helper()
	c := exec.Command(program(t), args...)
	var text strings.Builder
	c.Stdout, c.Stderr = &text, &text
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for tick := time.Tick(2 * time.Millisecond); ; {
		select {
		case <-tick:
			bytes = max(bytes, highWater(c.Process.Pid))
		case <-ended:
			if bytes == 0 {
				t.Fatal("nothing was measured")
			}
			return bytes, c.ProcessState.ExitCode(), text.String()
		}
	}
}

// highWater is a process's largest memory so far; 0 once it has ended.
func highWater(pid int) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}
