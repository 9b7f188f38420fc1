//go:build gpu && linux

package nccl_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hpaflow/models/gpu/fake"
	"hpaflow/models/gpu/nccl"
)

// A library is opened once in a process: tests of what Open says start another.
const opens = "HPAFLOW_TEST_OPENS"

func TestMain(m *testing.M) {
	if os.Getenv(opens) != "" {
		fmt.Println(nccl.Open())
		os.Exit(0)
	}
	if err := errors.Join(fake.Use(), os.Setenv("HPAFLOW_FAKE_DEVICES", "3")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestWhatOpenSays(t *testing.T) {
	if err := nccl.Open(); err != nil {
		t.Fatal(err)
	}
	if nccl.Path() != os.Getenv(nccl.Variable) || nccl.Version() != 22703 {
		t.Errorf("%s, version %d", nccl.Path(), nccl.Version())
	}
	driver := os.Getenv("HPAFLOW_CUDA")
	nowhere := []string{"HPAFLOW_NCCL=", "PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "VIRTUAL_ENV=", "CONDA_PREFIX=", "LD_LIBRARY_PATH="}
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"nowhere, CUDA 12": {nowhere, "^NCCL is missing: libnccl.so.2 was looked for on the loader's path.*: " +
			"`pip install nvidia-nccl-cu12`, or point HPAFLOW_NCCL to the file or its folder \\(libnccl.so.2: cannot open"},
		"nowhere, CUDA 13": {append(nowhere, "HPAFLOW_FAKE_VERSION=13000"), "`pip install nvidia-nccl-cu13`, or"},
		"another library":  {[]string{"HPAFLOW_NCCL=" + driver}, "^NCCL is missing: HPAFLOW_NCCL is .*libcuda.so.1: it has no ncclGetVersion"},
		"a folder":         {[]string{"HPAFLOW_NCCL=" + filepath.Dir(driver)}, "^<nil>$"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(append(os.Environ(), opens+"=1"), c.env...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got := strings.TrimSpace(string(out)); !regexp.MustCompile(c.want).MatchString(got) {
				t.Errorf("Open says %q, want %s", got, c.want)
			}
		})
	}
}
