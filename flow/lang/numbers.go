package lang

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

var (
	errDigits   = fmt.Errorf("a number of more than %d digits", maxDigits)
	errInfinite = errors.New("an infinite number, as a division by 0 gives")
)

// inDigits refuses a number that is infinite, or that would fill pages when it
// is written out; other values pass.
func inDigits(v cty.Value) error {
	if !v.IsKnown() || v.IsNull() || v.Type() != cty.Number {
		return nil
	}
	switch f := v.AsBigFloat(); {
	case f.IsInf():
		return errInfinite
	case digits(f) > maxDigits:
		return errDigits
	}
	return nil
}

// digits are about those that a number has before or behind its point.
func digits(f *big.Float) float64 {
	if f.IsInf() {
		return maxDigits + 1
	}
	return math.Abs(float64(f.MantExp(nil)) * math.Log10(2))
}

// maxText is how long a text may be that is read as a number.
const maxText = 2 * maxDigits

// isLongNumber says that reading a text as a number would take long.
func isLongNumber(v cty.Value) bool {
	return v.Type() == cty.String && v.IsKnown() && !v.IsNull() && len(v.AsString()) > maxText &&
		strings.Trim(v.AsString(), "0123456789.+-eE") == ""
}

// numberText writes a number in digits, without an exponent.
func numberText(v cty.Value) string { return v.AsBigFloat().Text('f', -1) }

// parseNumber reads a number from the command line.
func parseNumber(text string) (cty.Value, error) {
	if len(text) > maxText {
		return cty.NilVal, errDigits
	}
	v, err := cty.ParseNumberVal(strings.TrimSpace(text))
	if err != nil {
		return v, fmt.Errorf("%q is not a number", text)
	}
	if f := v.AsBigFloat(); f.IsInf() {
		return v, fmt.Errorf("%q is not a number", text)
	}
	return v, inDigits(v)
}

// maxWidth is the most characters that a verb of format may ask for.
const maxWidth = 999

var widths = regexp.MustCompile(`%[^A-Za-z%]*`)

// formatFunc is the library's, but that whole numbers have no exponents, and
// that nothing asks for a width of millions.
var formatFunc = function.New(&function.Spec{
	Params:   stdlib.FormatFunc.Params(),
	VarParam: stdlib.FormatFunc.VarParam(),
	Type:     function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		text := args[0].AsString()
		for _, verb := range widths.FindAllString(text, -1) {
			for _, number := range strings.FieldsFunc(verb, func(r rune) bool { return r < '0' || r > '9' }) {
				if n, err := strconv.Atoi(number); err != nil || n > maxWidth {
					return cty.NilVal, fmt.Errorf("%q asks for more than %d characters", verb, maxWidth)
				}
			}
		}
		given := append([]cty.Value{}, args...)
		for i, a := range given[1:] {
			if isLongNumber(a) {
				return cty.NilVal, errDigits
			}
			n, err := ctyconvert.Convert(a, cty.Number)
			if err != nil || !n.IsKnown() || n.IsNull() {
				continue
			}
			if err := inDigits(n); err != nil {
				return cty.NilVal, err
			}
			if a.Type() == cty.Number && !strings.Contains(text, "#") {
				given[i+1] = cty.StringVal(numberText(a)) // verbs for numbers read it back
			}
		}
		return stdlib.FormatFunc.Call(given)
	},
})
