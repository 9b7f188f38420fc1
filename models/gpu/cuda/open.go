//go:build gpu && linux

package cuda

// #cgo LDFLAGS: -ldl
// #include "driver.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"unsafe"

	"gorgonia.org/cu"
)

// Variable names the variable that points to another libcuda.so.1.
const Variable = "HPAFLOW_CUDA"

// MinVersion is the oldest version of CUDA whose drivers serve: 12.0.
const MinVersion = 12000

// Where drivers lie that the loader does not know of: in containers, under
// Windows, on NixOS.
var folders = []string{
	"/usr/local/nvidia/lib64",
	"/usr/lib/wsl/lib",
	"/run/opengl-driver/lib",
}

// Open loads the driver and starts it. Only the first call does so; others say
// what that one said. Errors are ErrNoDriver, ErrDriverTooOld, or the driver's own.
func Open() error {
	return opened().err
}

// Path is the file that Open loaded the driver from, as the loader was asked for it.
func Path() string {
	return opened().path
}

// Missing lists the names of the driver that the one loaded lacks. A driver older
// than the newest may lack some that this program has no need of.
func Missing() []string {
	opened()
	var names []string
	for i := C.int(0); ; i++ {
		name := C.hpaflow_driver_missing(i)
		if name == nil {
			return names
		}
		names = append(names, C.GoString(name))
	}
}

// Version is that of the loaded driver, as cuDriverGetVersion tells it: 13000
// is CUDA 13.0. It is 0 where no driver was loaded, and known for one that is too old.
func Version() int {
	return opened().version
}

type opening struct {
	path    string
	version int
	err     error
}

var opened = sync.OnceValue(func() opening {
	var o opening
	o.path, o.err = load()
	if o.err != nil {
		return o
	}
	// A driver tells its version before it is started, and one without a card, too.
	if v := cu.Version(); v > 0 {
		o.version = v
	}
	if o.version < MinVersion {
		o.err = fmt.Errorf("%w: %s is of CUDA %s, and %s or newer is needed (driver 525.60 or newer)",
			ErrDriverTooOld, o.path, dotted(o.version), dotted(MinVersion))
		return o
	}
	if r := C.cuInit(0); r == C.CUDA_ERROR_NO_DEVICE {
		o.err = fmt.Errorf("%w: the driver (%s) is there and sees none", ErrNoCard, o.path)
	} else if r != C.CUDA_SUCCESS {
		o.err = fmt.Errorf("the NVIDIA driver (%s) does not start: %w", o.path, failure("cuInit", int(r)))
	}
	return o
})

// load finds the library, and says where it was looked for when it is not there.
func load() (path string, err error) {
	if path := os.Getenv(Variable); path != "" {
		if err := loadFile(path); err != nil {
			return "", fmt.Errorf("%w: %s is %s: %w", ErrNoDriver, Variable, path, err)
		}
		return path, nil
	}
	const name = "libcuda.so.1"
	first := loadFile(name)
	if first == nil {
		return name, nil
	}
	for _, folder := range folders {
		if loadFile(folder+"/"+name) == nil {
			return folder + "/" + name, nil
		}
	}
	return "", fmt.Errorf("%w: %s is neither on the loader's path nor in %s: install the driver, or point %s to the file (%w)",
		ErrNoDriver, name, strings.Join(folders, ", "), Variable, first)
}

func loadFile(path string) error {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	said := C.hpaflow_driver_load(p)
	if said == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(said))
	return errors.New(C.GoString(said))
}

// dotted writes a version as people know it: 12020 as 12.2.
func dotted(version int) string {
	return fmt.Sprintf("%d.%d", version/1000, version%1000/10)
}
