//go:build linux

package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

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
// process counted, or are refused with what they need. A flow of one stage more
// may hold a little more: the record that a stage waits for is never held back.
func TestMemoryBoundsTheProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("converts large images")
	}
	dir := noisySamples(t, 3072, 5)
	for flow, times := range map[string]float64{"rgby.flow": 1.3, "rgby-shards.flow": 1.4} {
		c := exec.Command(program(t), "run", filepath.Join("../../configs", flow), "--set", "input="+dir, "--set", "output="+t.TempDir(), "--memory", "256MiB")
		if text, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", flow, err, text)
		}
		took := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
		if float64(took) > times*(256<<20) {
			t.Errorf("%s took %d MiB", flow, took>>20)
		}
	}
	c := exec.Command(program(t), "run", "../../configs/rgby.flow", "--set", "input="+dir, "--set", "output="+t.TempDir(), "--memory", "64MiB")
	text, err := c.CombinedOutput()
	if c.ProcessState.ExitCode() != exitDeadLetters {
		t.Errorf("%v\n%s", err, text)
	}
	took := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	if took > 128<<20 {
		t.Errorf("what is refused took %d MiB", took>>20)
	}
}
