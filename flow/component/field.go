package component

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FieldType is the type of a component's field, and so of its Go value.
type FieldType string

// The field types. The Go type of a value stands behind each.
const (
	String     FieldType = "string"               // string
	Int        FieldType = "int"                  // int
	Float      FieldType = "float"                // float64
	Bool       FieldType = "bool"                 // bool
	Strings    FieldType = "list(string)"         // []string
	Ints       FieldType = "list(int)"            // []int; Min and Max bound each
	Size       FieldType = "size"                 // int64 bytes; written as 64MiB, 2GB or a number
	Duration   FieldType = "duration"             // time.Duration; written as 1.5s, 2m
	InputFile  FieldType = "input file"           // string; must be an existing file when checked
	InputDir   FieldType = "input folder"         // string; must be an existing folder when checked
	InputAny   FieldType = "input file or folder" // string; must be there when checked; a pipe or a device will do
	OutputFile FieldType = "output file"          // string
	OutputDir  FieldType = "output folder"
	OutputPath FieldType = "output file or folder"
	InputFiles FieldType = "list(input file)"   // []string
	InputDirs  FieldType = "list(input folder)" // []string
	FlowFile   FieldType = "flow file"          // string; a .flow file, or the name of one that comes with the program
	Workers    FieldType = "workers"            // int; 0 is "auto"
)

// Field is one setting of a component.
type Field struct {
	Name    string
	Type    FieldType
	Default any               // nil: the field must be given
	Choices []string          // for a String: the only values it takes
	Refused map[string]string // for a String with Choices: why it does not take some others, which people may look for here
	Min     float64           // for an Int, Ints or Float, when Min < Max: the closed range it lies in
	Max     float64
	Known   []string        // for an InputFile: values that stand for what comes with the program, and are no files
	Check   func(any) error // of a valid value, what else is wrong with it; may be nil
	There   func(any) error // of a valid value that names what is read in a way of its own, why that is not there; may be nil
	Bears   Bearing
	Whole   bool      // for texts: a URL in it is one of a file, and is brought here before the run, as those of input files are
	Streams bool      // for folders that are read: the component takes a URL of one; files may be URLs anyway
	Within  []string  // for those two: names of the file to look for in a folder, where one cannot list it or wants but that
	Stdio   bool      // for files and folders: "-" stands for standard input or output
	Sole    bool      // for an output folder: no other block may write there
	Holds   []Content // for a folder: the results that an output has, or the inputs that are looked for in it
	Doc     string    // shapes, units and meaning, in one sentence
}

var workersField = Field{Name: "workers", Type: Workers, Default: 0,
	Doc: `records worked on at once: "auto" lets the tuner decide, a number fixes it`}

// MostWorkers is how many a stage may have: each has a place for what it works on.
const MostWorkers = 1 << 12

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
		if f.Type == Workers && n > MostWorkers {
			return fmt.Errorf("is more than %d", MostWorkers)
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
	case Strings, InputFiles, InputDirs:
		list, ok := v.([]string)
		if !ok {
			return f.mismatch(v)
		}
		for _, s := range list {
			if err := CheckTilde(s); err != nil {
				return err
			}
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
			if why, known := f.Refused[s]; known {
				return errors.New(why)
			}
			return &ChoiceError{Value: s, Choices: f.Choices}
		}
		if err := errors.Join(CheckTilde(s), f.checkDash(s)); err != nil {
			return err
		}
	}
	if err := f.within(number); err != nil || f.Check == nil {
		return err
	}
	return f.Check(v)
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

// ChoiceError is a value that is none of those a field takes.
type ChoiceError struct {
	Value   string
	Choices []string
}

func (e *ChoiceError) Error() string {
	choices := slices.Clone(e.Choices)
	for i, choice := range choices {
		if choice == "" {
			choices[i] = `""`
		}
	}
	return fmt.Sprintf("%q is none of %s", e.Value, strings.Join(choices, ", "))
}
