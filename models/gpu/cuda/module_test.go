//go:build gpu && linux

package cuda_test

import (
	"strings"
	"testing"

	"hpaflow/models/gpu/cuda"
)

func TestModule(t *testing.T) {
	c := open(t)
	do(t, c, func() error {
		for name, x := range map[string]struct{ ptx, want string }{
			"no PTX":       {"hello", "neither .version nor .target"},
			"a new PTX":    {strings.Replace(probes, "7.5", "9.0", 1), "newer version than the driver"},
			"a new target": {strings.Replace(probes, "sm_75", "sm_100", 1), "for a newer card"},
			"a kernel that is not there": {strings.Replace(probes, "entry probe_wait", "entry nobody", 1),
				"there is no emulated kernel nobody"},
		} {
			_, err := c.LoadModule(x.ptx)
			if err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), "CUDA_ERROR_INVALID_PTX") {
				t.Errorf("%s: %v", name, err)
			}
		}
		m, err := c.LoadModule(probes)
		if err != nil {
			return err
		}
		if _, err := m.Function("nobody"); err == nil || err.Error() != "kernel nobody: cuModuleGetFunction: CUDA_ERROR_NOT_FOUND (named symbol not found)" {
			t.Errorf("a kernel that is not there: %v", err)
		}
		w, err := set(c)
		if err != nil {
			return err
		}
		if r, err := w.wait.Resources(); err != nil || r.MaxThreads != 1024 {
			t.Errorf("%+v, %v", r, err)
		}
		none := int32(0)
		if err := w.wait.Launch(one, one, 64<<10, w.a, none); err == nil {
			t.Error("64 KiB of shared memory were had for nothing")
		}
		if err := w.wait.SetMaxDynamicShared(64 << 10); err != nil {
			return err
		}
		if err := w.wait.Launch(one, one, 64<<10, w.a, none); err != nil {
			t.Error(err)
		}
		for name, err := range map[string]error{
			"no blocks":        w.wait.Launch([3]int{0, 1, 1}, one, 0, w.a, none),
			"too many blocks":  w.wait.Launch([3]int{1, 1, 65536}, one, 0, w.a, none),
			"too many threads": w.wait.Launch(one, [3]int{1025, 1, 1}, 0, w.a, none),
			"too much memory":  w.wait.SetMaxDynamicShared(c.Info.Shared + 1),
			"no stream":        w.wait.Launch(one, one, 0, cuda.Stream{}, none),
		} {
			if err == nil || !strings.HasPrefix(err.Error(), "kernel probe_wait: ") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.a.Synchronize(); err != nil {
			return err
		}
		return m.Unload()
	})
}
