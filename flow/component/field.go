package component

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FieldType is the type of a component's field, and so of its Go value.
type FieldType string

// The field types. The Go type of a value stands behind each.
const (
	String     FieldType = "string"       // string
	Int        FieldType = "int"          // int
	Float      FieldType = "float"        // float64
	Bool       FieldType = "bool"         // bool
	Strings    FieldType = "list(string)" // []string
	Ints       FieldType = "list(int)"    // []int; Min and Max bound each
	Size       FieldType = "size"         // int64 bytes; written as 64MiB, 2GB or a number
	Duration   FieldType = "duration"     // time.Duration; written as 1.5s, 2m
	InputFile  FieldType = "input file"   // string; must be an existing file when checked
	InputDir   FieldType = "input folder" // string; must be an existing folder when checked
	OutputFile FieldType = "output file"  // string
	OutputDir  FieldType = "output folder"
	Workers    FieldType = "workers" // int; 0 is "auto"
)

// Field is one setting of a component.
type Field struct {
	Name    string
	Type    FieldType
	Default any      // nil: the field must be given
	Choices []string // for a String: the only values it takes
	Min     float64  // for an Int, Ints or Float, when Min < Max: the closed range it lies in
	Max     float64
	Bears   Bearing
	Stdio   bool   // for files and folders: "-" stands for standard input or output
	Doc     string // shapes, units and meaning, in one sentence
}

var workersField = Field{Name: "workers", Type: Workers, Default: 0,
	Doc: `records worked on at once: "auto" lets the tuner decide, a number fixes it`}

// Required says that the field has no default.
func (f Field) Required() bool { return f.Default == nil }

// Accepts says why a Go value cannot be the field's value.
func (f Field) Accepts(v any) error {
	var number float64
	switch f.Type {
	case Int, Workers:
		n, ok := v.(int)
		if !ok {
			return f.mismatch(v)
		}
		number = float64(n)
		if f.Type == Workers && n < 0 {
			return errors.New(`must be "auto" or a positive number`)
		}
	case Float:
		n, ok := v.(float64)
		if !ok {
			return f.mismatch(v)
		}
		number = n
	case Bool:
		if _, ok := v.(bool); !ok {
			return f.mismatch(v)
		}
	case Strings:
		if _, ok := v.([]string); !ok {
			return f.mismatch(v)
		}
	case Ints:
		list, ok := v.([]int)
		if !ok {
			return f.mismatch(v)
		}
		for _, n := range list {
			if err := f.within(float64(n)); err != nil {
				return err
			}
		}
		return nil
	case Size:
		n, ok := v.(int64)
		if !ok {
			return f.mismatch(v)
		}
		if n < 0 {
			return errors.New("must not be negative")
		}
	case Duration:
		if _, ok := v.(time.Duration); !ok {
			return f.mismatch(v)
		}
	default:
		s, ok := v.(string)
		if !ok {
			return f.mismatch(v)
		}
		if len(f.Choices) > 0 && !slices.Contains(f.Choices, s) {
			return &ChoiceError{Value: s, Choices: f.Choices}
		}
	}
	return f.within(number)
}

// within says that a number is outside the field's range.
func (f Field) within(number float64) error {
	if f.Min < f.Max && (number < f.Min || number > f.Max) {
		return fmt.Errorf("%s is outside %s..%s", plain(number), plain(f.Min), plain(f.Max))
	}
	return nil
}

// plain writes a number without an exponent.
func plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func (f Field) mismatch(v any) error { return fmt.Errorf("want %s, have %T", f.Type, v) }

// Exists checks what a valid value names on disk: an input file or folder
// must be there and be of that sort. Other fields always pass.
func (f Field) Exists(v any) error {
	path, _ := v.(string)
	if f.Type != InputFile && f.Type != InputDir || path == "" || f.Stdio && path == "-" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s %q does not exist", strings.TrimPrefix(string(f.Type), "input "), path)
	case err != nil:
		return err
	case f.Type == InputDir && !info.IsDir():
		return fmt.Errorf("%q is a file, not a folder", path)
	case f.Type == InputFile && info.IsDir():
		return fmt.Errorf("%q is a folder, not a file", path)
	}
	return nil
}

// ChoiceError is a value that is none of those a field takes.
type ChoiceError struct {
	Value   string
	Choices []string
}

func (e *ChoiceError) Error() string {
	return fmt.Sprintf("%q is none of %s", e.Value, strings.Join(e.Choices, ", "))
}

// ParseSize reads a number of bytes: 4096, 64KiB, 1.5GB. Units of 1000 end in
// B, units of 1024 in iB; case does not matter.
func ParseSize(s string) (int64, error) {
	units := []struct {
		suffix string
		factor float64
	}{
		{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
		{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1}, {"", 1},
	}
	text := strings.ToLower(strings.TrimSpace(s))
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || n < 0 || n*u.factor > 1<<62 {
			break
		}
		return int64(n * u.factor), nil
	}
	return 0, fmt.Errorf("%q is not a size such as 64MiB or 2GB", s)
}

// FormatSize writes a number of bytes for people: 1.5 GiB.
func FormatSize(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1024, 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}
