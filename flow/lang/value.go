package lang

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/zclconf/go-cty/cty"

	"hpaflow/flow/component"
)

// convert gives an expression's value, known and not null, the Go type that
// stands behind a field's type.
func convert(t component.FieldType, v cty.Value) (any, error) {
	switch t {
	case component.Int:
		return intOf(v)
	case component.Float:
		if v.Type() != cty.Number {
			return nil, mismatch("a number", v)
		}
		f, _ := v.AsBigFloat().Float64()
		if math.IsInf(f, 0) {
			return nil, fmt.Errorf("%s is too large", written(v))
		}
		return f, nil
	case component.Bool:
		if v.Type() != cty.Bool {
			return nil, mismatch("true or false", v)
		}
		return v.True(), nil
	case component.Strings, component.InputFiles, component.InputDirs:
		return stringsOf(v)
	case component.Ints:
		return intsOf(v)
	case component.Size:
		return sizeOf(v)
	case component.Duration:
		return durationOf(v)
	case component.Workers:
		return workersOf(v)
	}
	if v.Type() != cty.String {
		return nil, mismatch("a string", v)
	}
	return v.AsString(), nil
}

func mismatch(want string, v cty.Value) error {
	return fmt.Errorf("want %s, have %s", want, written(v))
}

func intOf(v cty.Value) (int, error) {
	if v.Type() != cty.Number {
		return 0, mismatch("a whole number", v)
	}
	f := v.AsBigFloat()
	n, exact := f.Int64()
	switch {
	case !f.IsInt():
		return 0, mismatch("a whole number", v)
	case exact != big.Exact:
		return 0, fmt.Errorf("%s is too large", written(v))
	}
	return int(n), nil
}

func sizeOf(v cty.Value) (int64, error) {
	switch v.Type() {
	case cty.String:
		return component.ParseSize(v.AsString())
	case cty.Number:
		n, err := intOf(v)
		return int64(n), err
	}
	return 0, mismatch("a size such as 64MiB", v)
}

func durationOf(v cty.Value) (time.Duration, error) {
	if v.Type() != cty.String {
		return 0, mismatch(`a duration such as "1.5s"`, v)
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil {
		return 0, mismatch(`a duration such as "1.5s"`, v)
	}
	return d, nil
}

// workersOf gives 0 for "auto". A number may be text, as a variable whose
// default is "auto" is one.
func workersOf(v cty.Value) (int, error) {
	fault := fmt.Errorf(`want "auto" or a positive number, have %s`, written(v))
	var n int
	var err error
	switch {
	case v.Type() == cty.Number:
		n, err = intOf(v)
	case v.Type() == cty.String && v.AsString() == "auto":
		return 0, nil
	case v.Type() == cty.String:
		n, err = strconv.Atoi(v.AsString())
	default:
		err = fault
	}
	if err != nil || n < 1 {
		return 0, fault
	}
	return n, nil
}

func stringsOf(v cty.Value) ([]string, error) {
	fault := mismatch("a list of strings", v)
	if v.IsNull() || !(v.Type().IsTupleType() || v.Type().IsListType() || v.Type().IsSetType()) {
		return nil, fault
	}
	list := []string{}
	for _, item := range v.Elements() {
		if item.IsNull() || item.Type() != cty.String {
			return nil, fault
		}
		list = append(list, item.AsString())
	}
	return list, nil
}

func intsOf(v cty.Value) ([]int, error) {
	fault := mismatch("a list of whole numbers", v)
	if v.IsNull() || !(v.Type().IsTupleType() || v.Type().IsListType() || v.Type().IsSetType()) {
		return nil, fault
	}
	list := []int{}
	for _, item := range v.Elements() {
		if item.IsNull() || item.Type() != cty.Number {
			return nil, fault
		}
		n, err := intOf(item)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// accepts is Field.Accepts with a hint at the choice that was probably meant.
func accepts(f component.Field, v any) (hint string, err error) {
	err = f.Accepts(v)
	if choice, ok := errors.AsType[*component.ChoiceError](err); ok {
		if near := nearest(choice.Value, choice.Choices); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	return hint, err
}
