package lang

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

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
