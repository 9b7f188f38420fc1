//go:build gpu && linux

package dnn_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
)

func TestOpen(t *testing.T) {
	if err := dnn.Open(); err != nil {
		t.Fatal(err)
	}
	if dnn.Path() != os.Getenv(dnn.Variable) || dnn.Version() != 91002 {
		t.Errorf("%s, version %d", dnn.Path(), dnn.Version())
	}
}

// What a user reads when cuDNN is not there, or is not the right one.
func TestWhatOpenSays(t *testing.T) {
	empty := t.TempDir()
	nowhere := []string{"HPAFLOW_CUDNN=", "PATH=/usr/bin:/bin", "HOME=" + empty, "VIRTUAL_ENV=", "CONDA_PREFIX=", "LD_LIBRARY_PATH="}
	cuda := os.Getenv("HPAFLOW_CUDA")
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"nowhere, CUDA 12": {nowhere, "^cuDNN is missing: libcudnn.so.9 was looked for on the loader's path.*: " +
			"`pip install nvidia-cudnn-cu12`, or point HPAFLOW_CUDNN to the file or its folder \\(libcudnn.so.9: cannot open"},
		"nowhere, CUDA 13":   {append(nowhere, "HPAFLOW_FAKE_VERSION=13000"), "`pip install nvidia-cudnn-cu13`, or"},
		"nowhere, no driver": {append(nowhere, "HPAFLOW_CUDA=/nowhere"), "`pip install nvidia-cudnn-cu13` \\(-cu12 where the driver is older than 580.65\\), or"},
		"a wrong path":       {[]string{"HPAFLOW_CUDNN=/nowhere"}, "^cuDNN is missing: HPAFLOW_CUDNN is /nowhere: /nowhere: cannot open"},
		"another library":    {[]string{"HPAFLOW_CUDNN=" + cuda}, "^cuDNN is missing: HPAFLOW_CUDNN is .*libcuda.so.1: it has no cudnnCreate, as cuDNN 9 does$"},
		"a folder":           {[]string{"HPAFLOW_CUDNN=" + filepath.Dir(cuda)}, "^<nil>$"},
		"a newer toolkit": {[]string{"HPAFLOW_FAKE_CUDART=13000"}, "^cuDNN is missing for this driver: .*libcudnn.so.9 is built for CUDA 13, " +
			"and the driver is of CUDA 12: `pip install nvidia-cudnn-cu12`, or install a newer driver$"},
		"no libcublasLt": {append(nowhere, "HPAFLOW_CUDNN="+filepath.Dir(cuda), "HPAFLOW_FAKE_CUDART=12080"),
			"^cuDNN is missing what it needs: libcublasLt.so.12 was looked for on the loader's path and in .*: `pip install nvidia-cublas-cu12` \\("},
	} {
		t.Run(name, func(t *testing.T) {
			if got := saidByOpen(t, c.env...); !regexp.MustCompile(c.want).MatchString(got) {
				t.Errorf("Open says %q, want %s", got, c.want)
			}
		})
	}
}

// A card that is lost is told by cuDNN's errors, too.
func TestLostCard(t *testing.T) {
	t.Setenv("HPAFLOW_FAKE_FAIL", "lost:5")
	c, err := cuda.OpenCard(0)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Do(func() error {
		s, err := c.NewStream()
		if err != nil {
			return err
		}
		d := &desk{c: c, s: s}
		if d.h, err = dnn.New(s); err != nil {
			return err
		}
		o, err := d.operands(rand.New(rand.NewPCG(1, 1)), plain(dnn.F32))
		if err != nil {
			return err
		}
		conv, err := d.h.Prepare(dnn.Forward, o.s, dnn.Choice{Algo: 0, Math: 3})
		if err != nil {
			return err
		}
		for range 3 {
			if err := d.h.Run(conv, o.at[0], o.at[1], o.at[2], 0, 0, 1, 0); err != nil {
				return err
			}
			_ = s.Synchronize()
		}
		return nil
	})
	var e *dnn.Error
	if !errors.As(err, &e) || !errors.Is(err, cuda.ErrCardLost) ||
		e.Error() != "convolution: CUDNN_STATUS_EXECUTION_FAILED: cuStreamQuery: CUDA_ERROR_UNKNOWN (unknown error)" {
		t.Errorf("got %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
