//go:build gpu && linux

package cuda_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/fake"
)

// A driver is opened once in a process: tests of what Open says start another.
const opens = "HPAFLOW_TEST_OPENS"

func TestMain(m *testing.M) {
	if os.Getenv(opens) != "" {
		fmt.Println(cuda.Open())
		os.Exit(0)
	}
	if err := fake.Use(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// saidByOpen is what Open says in a process with these variables.
func saidByOpen(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), opens+"=1"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// open is a card of the fake driver, given back at the test's end.
func open(t *testing.T) *cuda.Card {
	t.Helper()
	c, err := cuda.OpenCard(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// do runs f on the card and fails the test by its error.
func do(t *testing.T, c *cuda.Card, f func() error) {
	t.Helper()
	if err := c.Do(f); err != nil {
		t.Fatal(err)
	}
}

// probes are kernels that the fake driver has for tests.
const probes = `
.version 7.5
.target sm_75
.address_size 64
.visible .entry probe_scale(
	.param .u64 probe_scale_param_0,
	.param .u64 probe_scale_param_1,
	.param .f32 probe_scale_param_2,
	.param .u32 probe_scale_param_3,
	.param .u64 probe_scale_param_4
)
{
	ret;
}
.visible .entry probe_wait(
	.param .u32 probe_wait_param_0
)
{
	ret;
}
.visible .entry probe_write(
	.param .u64 probe_write_param_0,
	.param .u64 probe_write_param_1
)
{
	ret;
}
`

// bench is what most tests work with: streams, and the probes.
type bench struct {
	c                  *cuda.Card
	a, b               cuda.Stream
	scale, wait, write cuda.Function
}

// set makes a bench within Do.
func set(c *cuda.Card) (*bench, error) {
	w := &bench{c: c}
	m, err := c.LoadModule(probes)
	if err != nil {
		return nil, err
	}
	var errs [5]error
	w.a, errs[0] = c.NewStream()
	w.b, errs[1] = c.NewStream()
	w.scale, errs[2] = m.Function("probe_scale")
	w.wait, errs[3] = m.Function("probe_wait")
	w.write, errs[4] = m.Function("probe_write")
	return w, errors.Join(errs[:]...)
}

// grid and block of kernels that have no use for them.
var one = [3]int{1, 1, 1}

func uintptrOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }
