package library

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine is a folder of pythons, the first of which is on PATH, with the files
// given, and nothing else that could be found.
func machine(t *testing.T, files ...string) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, file := range append(files, "env/bin/python3", "env/lib/python3.11/site-packages/nvidia/none", "home/none") {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Join(root, "env/bin"))
	t.Setenv("HOME", filepath.Join(root, "home"))
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX", "POINTS_TO_IT"} {
		t.Setenv(name, "")
	}
	return root
}

var wanted = Wanted{File: "libit.so.9", Variable: "POINTS_TO_IT", Folders: []string{"it/lib", "it13/lib"}, Install: "`pip install it`"}

// opens is an open that works for paths with this end, and a list of what it was asked for.
func opens(end string) (open func(string) error, asked *[]string) {
	asked = new([]string)
	return func(path string) error {
		*asked = append(*asked, path)
		if end != "" && strings.HasSuffix(path, end) {
			return nil
		}
		return errors.New("not this one")
	}, asked
}

func TestWhereItIsLookedFor(t *testing.T) {
	const env, other = "env/lib/python3.11/site-packages/nvidia/", "conda/lib/python3.9/site-packages/nvidia/"
	for name, c := range map[string]struct {
		files    []string
		variable string
		conda    bool
		want     string // "" is the loader's path
	}{
		"the loader knows it":    {files: []string{env + "it/lib/libit.so.9"}, want: "libit.so.9"},
		"pip":                    {files: []string{env + "it/lib/libit.so.9"}, want: env + "it/lib/libit.so.9"},
		"pip for CUDA 13":        {files: []string{env + "it13/lib/libit.so.9"}, want: env + "it13/lib/libit.so.9"},
		"the user's pip":         {files: []string{"home/.local/lib/python3.12/site-packages/nvidia/it/lib/libit.so.9"}, want: "home/.local/lib/python3.12/site-packages/nvidia/it/lib/libit.so.9"},
		"conda first":            {files: []string{env + "it/lib/libit.so.9", other + "it/lib/libit.so.9"}, conda: true, want: other + "it/lib/libit.so.9"},
		"a variable to a file":   {files: []string{env + "it/lib/libit.so.9", "own/it.so"}, variable: "own/it.so", want: "own/it.so"},
		"a variable to a folder": {files: []string{"own/libit.so.9"}, variable: "own", want: "own/libit.so.9"},
	} {
		t.Run(name, func(t *testing.T) {
			root := machine(t, c.files...)
			if c.variable != "" {
				t.Setenv("POINTS_TO_IT", filepath.Join(root, c.variable))
			}
			if c.conda {
				t.Setenv("CONDA_PREFIX", filepath.Join(root, "conda"))
			}
			want := c.want
			if name != "the loader knows it" {
				want = filepath.Join(root, c.want)
			}
			open, _ := opens(want)
			if got, err := wanted.Load(func(path string) error {
				if path == "libit.so.9" && want != path {
					return errors.New("the loader does not know it")
				}
				return open(path)
			}); err != nil || got != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestWhatIsSaid(t *testing.T) {
	root := machine(t, "env/lib/python3.11/site-packages/nvidia/it/lib/other")
	open, asked := opens("")
	_, err := wanted.Load(open)
	want := "libit.so.9 was looked for on the loader's path and in " + root + "/env/lib/python3.11/site-packages/nvidia/it/lib: " +
		"`pip install it`, or point POINTS_TO_IT to the file or its folder (not this one)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if !slices.Equal(*asked, []string{"libit.so.9"}) {
		t.Errorf("opened %v, of which only the first could be there", *asked)
	}

	machine(t)
	_, err = wanted.Load(open)
	want = "libit.so.9 was looked for on the loader's path, and there is no python with NVIDIA's packages: " +
		"`pip install it`, or point POINTS_TO_IT to the file or its folder (not this one)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}

	t.Setenv("POINTS_TO_IT", "/nowhere/at/all")
	if _, err = wanted.Load(open); err == nil || err.Error() != "POINTS_TO_IT is /nowhere/at/all: not this one" {
		t.Errorf("got %v", err)
	}
}

func TestInstall(t *testing.T) {
	for driver, want := range map[int]string{
		12040: "`pip install nvidia-nccl-cu12`",
		13000: "`pip install nvidia-nccl-cu13`",
		0:     "`pip install nvidia-nccl-cu13` (-cu12 where the driver is older than 580.65)",
	} {
		if got := Install("nvidia-nccl", driver); got != want {
			t.Errorf("driver %d: %s, want %s", driver, got, want)
		}
	}
}
