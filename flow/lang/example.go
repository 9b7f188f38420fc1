package lang

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"hpaflow/flow/component"
)

// Example is a block for a component, with what it requires and nothing else.
// It has the canonical layout.
func Example(s *component.Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q \"name\" {\n", s.Kind, s.Name)
	for _, port := range s.In {
		switch {
		case port.Type.Go == component.DeadLetters.Go:
			fmt.Fprintf(&b, "%s = %s\n", port.Name, deadLetters)
		case !port.Optional:
			fmt.Fprintf(&b, "%s = op.before\n", port.Name)
		}
	}
	for _, f := range s.Fields {
		if f.Required() {
			fmt.Fprintf(&b, "%s = %s\n", f.Name, Literal(f, plausible(f)))
		}
	}
	b.WriteString("}\n")
	return string(hclwrite.Format([]byte(b.String())))
}

// plausible is a value that a field accepts.
func plausible(f component.Field) any {
	switch f.Type {
	case component.Int:
		if f.Min < f.Max {
			return int(min(max(f.Min, 32), f.Max))
		}
		return 32
	case component.Float:
		if f.Min < f.Max {
			return min(max(f.Min, 0.5), f.Max)
		}
		return 0.5
	case component.Bool:
		return true
	case component.Strings:
		return []string{"a", "b"}
	case component.Ints:
		return []int{int(max(f.Min, 1))}
	case component.Size:
		return int64(64 << 20)
	case component.Duration:
		return 10 * time.Second
	case component.Workers:
		return 0
	case component.InputFile, component.OutputFile, component.OutputPath:
		return "path/to/file"
	case component.InputDir, component.InputAny, component.OutputDir:
		return "path/to/folder"
	case component.InputFiles:
		return []string{"path/to/file", "path/to/another"}
	case component.InputDirs:
		return []string{"path/to/folder", "path/to/another"}
	case component.FlowFile:
		return "train.flow"
	}
	if len(f.Choices) > 0 {
		return f.Choices[0]
	}
	return f.Name
}

// Literal writes a field's value, of the Go type that stands behind the
// field's type, as a .flow file has it.
func Literal(f component.Field, v any) string {
	switch v := v.(type) {
	case int:
		if f.Type == component.Workers && v == 0 {
			return `"auto"`
		}
		return strconv.Itoa(v)
	case float64:
		if v == math.Trunc(v) {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case []string:
		return written(listOf(v))
	case []int:
		words := make([]string, len(v))
		for i, n := range v {
			words[i] = strconv.Itoa(n)
		}
		return "[" + strings.Join(words, ", ") + "]"
	case int64:
		return sizeLiteral(v)
	case time.Duration:
		return strconv.Quote(v.String())
	case string:
		return written(cty.StringVal(v))
	}
	panic(fmt.Sprintf("lang: field %s holds a %T", f.Name, v))
}

// sizeLiteral writes a number of bytes in the largest unit that divides it.
func sizeLiteral(n int64) string {
	for i, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		if size := int64(1) << (40 - 10*i); n >= size && n%size == 0 {
			return strconv.Quote(strconv.FormatInt(n/size, 10) + unit)
		}
	}
	return strconv.FormatInt(n, 10)
}
