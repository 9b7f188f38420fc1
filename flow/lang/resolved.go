package lang

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"hpaflow/flow/component"
)

// Resolved is the plan as a .flow file of its own: every field has its value,
// there are no variables and no conditions. A plan of that file is this plan.
func (p *Plan) Resolved() []byte {
	var b strings.Builder
	block := func(header string, lines []string) {
		fmt.Fprintf(&b, "\n%s {\n%s}\n", header, strings.Join(lines, ""))
	}
	fmt.Fprintf(&b, "# %s with all its values.\n", p.Name)
	for _, s := range p.Steps {
		block(fmt.Sprintf("step %q", s.Name), p.resolvedStep(s))
	}
	for _, r := range p.Results {
		block(fmt.Sprintf("result %q", r.Name), resolvedResult(r))
	}
	if len(p.Steps) > 0 {
		return hclwrite.Format([]byte(b.String()))
	}
	block("run", settings(component.RunFields, p.run))
	for _, n := range p.Nodes {
		var lines []string
		for _, e := range p.Edges {
			if e.To == n.Ref() {
				lines = append(lines, fmt.Sprintf("  %s = %s\n", e.Port.Name, e.From))
			}
		}
		lines = append(lines, settings(n.Spec.AllFields(), n.given)...)
		block(fmt.Sprintf("%s %q %q", n.Spec.Kind, n.Spec.Name, n.Name), lines)
	}
	return hclwrite.Format([]byte(b.String()))
}

// resolvedStep is a step's lines. Its flow is named from the file's own folder.
func (p *Plan) resolvedStep(s Step) []string {
	file := s.File
	if relative, err := filepath.Rel(filepath.Dir(p.file), file); err == nil && !filepath.IsAbs(file) {
		file = relative
	}
	lines := []string{fmt.Sprintf("  flow = %s\n  set = {\n", written(cty.StringVal(file)))}
	for _, set := range s.Sets {
		name, value, _ := strings.Cut(set, "=")
		lines = append(lines, fmt.Sprintf("    %s = %s\n", name, written(cty.StringVal(value))))
	}
	return append(lines, "  }\n")
}

// settings is a line for each field.
func settings(fields []component.Field, a component.Args) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(a)) {
		i := slices.IndexFunc(fields, func(f component.Field) bool { return f.Name == name })
		lines = append(lines, fmt.Sprintf("  %s = %s\n", name, written(literal(fields[i], a[name]))))
	}
	return lines
}

// literal is the value that convert turns into v.
func literal(f component.Field, v any) cty.Value {
	switch v := v.(type) {
	case int:
		if f.Type == component.Workers && v == 0 {
			return cty.StringVal("auto")
		}
		return cty.NumberIntVal(int64(v))
	case int64:
		return cty.NumberIntVal(v)
	case float64:
		return cty.NumberFloatVal(v)
	case bool:
		return cty.BoolVal(v)
	case time.Duration:
		return cty.StringVal(v.String())
	case []string:
		return listOf(v)
	case []int:
		values := make([]cty.Value, len(v))
		for i, n := range v {
			values[i] = cty.NumberIntVal(int64(n))
		}
		return cty.TupleVal(values)
	}
	return cty.StringVal(v.(string))
}
