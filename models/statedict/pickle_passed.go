package statedict

import (
	"slices"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// passed stands for an object that is kept beside the weights, such as the
// arguments of the program that trained them. What it is made of is dropped:
// nothing of it is read, and nothing run.
type passed struct{ class string }

func (passed) Set(_, _ any)           {}
func (passed) Append(any)             {}
func (passed) Add(any)                {}
func (passed) PySetState(_ any) error { return nil }

// passedClass is the class or function that makes such an object.
type passedClass struct{ name string }

func (c passedClass) Call(...any) (any, error)  { return passed{c.name}, nil }
func (c passedClass) PyNew(...any) (any, error) { return passed{c.name}, nil }

// defaultDict reads collections.defaultdict, a dict by another name.
type defaultDict struct{}

func (defaultDict) Call(...any) (any, error) { return types.NewDict(), nil }

// besideNames are the classes of such objects, and the functions that make
// them, by module.
var besideNames = map[string][]string{
	"argparse":                 {"Namespace"},
	"types":                    {"SimpleNamespace"},
	"collections":              {"Counter", "deque"},
	"datetime":                 {"date", "datetime", "time", "timedelta", "timezone"},
	"decimal":                  {"Decimal"},
	"uuid":                     {"UUID"},
	"pathlib":                  {"Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath"},
	"pathlib._local":           {"Path", "PosixPath", "PurePosixPath", "PureWindowsPath", "WindowsPath"},
	"numpy":                    {"dtype", "ndarray"},
	"numpy.core.multiarray":    {"scalar", "_reconstruct"},
	"numpy._core.multiarray":   {"scalar", "_reconstruct"},
	"_codecs":                  {"encode"}, // which older protocols write bytes with
	"torch":                    {"device", "float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool", "strided", "contiguous_format", "channels_last"},
	"torch.torch_version":      {"TorchVersion"},
	"easydict":                 {"EasyDict"},
	"yacs.config":              {"CfgNode"},
	"addict.addict":            {"Dict"},
	"fractions":                {"Fraction"},
	"torch.optim.lr_scheduler": {"StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "ReduceLROnPlateau", "LambdaLR", "OneCycleLR"},
}

// besideModules are modules all of whose classes are such: those of settings,
// and the program's own.
var besideModules = []string{"__main__", "numpy.dtypes", "omegaconf", "ml_collections"}

// plainTypes are Python's own that hold values.
var plainTypes = []string{"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "long", "range", "set", "slice", "str", "tuple", "unicode"}

// beside says whether a name is of an object that may be passed over.
func beside(module, name string) bool {
	if module == "builtins" || module == "__builtin__" {
		return slices.Contains(plainTypes, name)
	}
	for _, m := range besideModules {
		if module == m || strings.HasPrefix(module, m+".") {
			return true
		}
	}
	return slices.Contains(besideNames[module], name)
}
