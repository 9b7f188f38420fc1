package lang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Variable is one setting that a file leaves to its user.
type Variable struct {
	Name    string
	Type    string // string, number, int, float, bool, list(string) or list(int)
	Doc     string
	Default string // as it would be written in a file; empty when it must be set
	Value   string // as it would be written in a file
	Set     bool   // by the user
}

// variable is a Variable while the file is planned. Its value is unknown when
// there is a fault in it, so that nothing that follows from it is reported.
type variable struct {
	Variable
	block *hclsyntax.Block
	value cty.Value
	set   string // the setting, as the user wrote it: name=value
	used  bool
}

func (v *variable) nameRange() hcl.Range { return v.block.LabelRanges[0] }

// origin tells a reader of a fault where the value came from.
func (v *variable) origin() string {
	if v.Set {
		return fmt.Sprintf("var.%s is %s (--set %s)", v.Name, v.Value, v.set)
	}
	return fmt.Sprintf("var.%s is %s (default)", v.Name, v.Value)
}

func (p *planner) variable(name string) *variable {
	i := slices.IndexFunc(p.variables, func(v *variable) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return p.variables[i]
}

func (p *planner) variableNames() []string {
	names := make([]string, len(p.variables))
	for i, v := range p.variables {
		names[i] = v.Name
	}
	return names
}

func (p *planner) addVariable(b *hclsyntax.Block) {
	name := b.Labels[0]
	if first := p.variable(name); first != nil {
		p.fault(b.LabelRanges[0], "", "a second variable %q; the first is on line %d", name, first.nameRange().Start.Line)
		p.refused = append(p.refused, b)
		return
	}
	p.variables = append(p.variables, &variable{Variable: Variable{Name: name}, block: b, value: cty.DynamicVal})
}

// setVariables gives every variable its type and value: what is set, else its
// default.
func (p *planner) setVariables(sets []string) {
	given := p.readSets(sets)
	known := map[string]cty.Value{}
	p.values = &hcl.EvalContext{Functions: functions}
	for i, v := range p.variables {
		p.values.Variables = map[string]cty.Value{"var": cty.ObjectVal(known)}
		before := len(p.faults)
		p.readVariable(v, p.variables[i:])
		set, isSet := given[v.Name]
		switch {
		case isSet:
			p.setVariable(v, set)
		case len(p.faults) > before: // they may be why it has no default
		case v.block.Body.Attributes["default"] == nil && !slices.Contains(p.misspelt, v.Name):
			p.fault(v.nameRange(), fmt.Sprintf("give it with --set %s=...", v.Name), "variable %q must be set", v.Name)
		}
		known[v.Name] = v.value
	}
	p.values.Variables = map[string]cty.Value{"var": cty.ObjectVal(known)}
}

// readSets splits the settings; the last one of a name stands.
func (p *planner) readSets(sets []string) map[string]string {
	given := map[string]string{}
	for _, set := range sets {
		name, value, ok := strings.Cut(set, "=")
		name = strings.TrimSpace(name)
		switch {
		case !ok || name == "":
			p.misspelt = append(p.misspelt, name)
			p.faults = append(p.faults, Diagnostic{Message: fmt.Sprintf("--set %q is no setting", set), Hint: "write --set name=value"})
		case p.variable(name) == nil:
			p.misspelt = append(p.misspelt, nearest(name, p.variableNames()))
			p.faults = append(p.faults, Diagnostic{File: p.file.name,
				Message: fmt.Sprintf("--set %s: there is no variable %q", set, name),
				Hint:    DidYouMean(name, p.variableNames(), "variables")})
		default:
			given[name] = value
		}
	}
	return given
}

func (p *planner) setVariable(v *variable, text string) {
	v.Set, v.set = true, v.Name+"="+text
	v.value = cty.DynamicVal
	if v.Type == "" {
		return // there is a fault in the block
	}
	value, err := variableTypes[v.Type].parse(text)
	if err != nil {
		p.fault(v.nameRange(), "", "--set %s: %v", v.set, err)
		return
	}
	v.value, v.Value = value, written(value)
}

// readVariable reads a variable's block. Later are the variables that its
// default may not use: itself and those below it.
func (p *planner) readVariable(v *variable, later []*variable) {
	for _, a := range inOrder(v.block.Body.Attributes) {
		switch a.Name {
		case "default":
		case "doc":
			if doc, ok := p.constant(a); ok {
				v.Doc = doc
			}
		case "type":
			name, ok := p.constant(a)
			if !ok {
				continue
			}
			if _, known := variableTypes[name]; !known {
				p.fault(a.Expr.Range(), DidYouMean(name, typeNames, "types"), "unknown type %q", name)
				continue
			}
			v.Type = name
		default:
			attributes := []string{"default", "doc", "type"}
			p.fault(a.NameRange, DidYouMean(a.Name, attributes, "attributes"), "a variable has no %q", a.Name)
		}
	}
	if a := v.block.Body.Attributes["default"]; a != nil {
		p.readDefault(v, a, later)
	} else if v.block.Body.Attributes["type"] == nil {
		v.Type = "string"
	}
}

func (p *planner) readDefault(v *variable, a *hclsyntax.Attribute, later []*variable) {
	for _, traversal := range a.Expr.Variables() {
		for _, other := range later {
			if variableName(traversal) == other.Name {
				other.used = true
				p.fault(traversal.SourceRange(), "", "a default can only use the variables above it")
				return
			}
		}
	}
	value, ok := p.evaluate(a.Expr)
	if !ok || !value.IsWhollyKnown() {
		return
	}
	inferred := v.Type == "" && v.block.Body.Attributes["type"] == nil
	if inferred {
		v.Type = typeOf(value)
	}
	if v.Type == "" {
		if inferred {
			p.fault(a.Expr.Range(), "a variable is a string, a number, a bool or a list of strings", "default is %s", written(value))
		}
		return
	}
	fitted, err := variableTypes[v.Type].fit(value)
	if err != nil {
		p.fault(a.Expr.Range(), "", "default: %v", err)
		return
	}
	v.value, v.Value = fitted, written(fitted)
	v.Default = v.Value
}

// constant reads an attribute that takes a plain string.
func (p *planner) constant(a *hclsyntax.Attribute) (string, bool) {
	if len(a.Expr.Variables()) > 0 || !p.fits(a.Expr) {
		p.fault(a.Expr.Range(), fmt.Sprintf("write %s = \"...\"", a.Name), "%s takes a plain string", a.Name)
		return "", false
	}
	value, faults := a.Expr.Value(nil)
	if faults.HasErrors() || value.IsNull() || value.Type() != cty.String {
		p.fault(a.Expr.Range(), fmt.Sprintf("write %s = \"...\"", a.Name), "%s takes a plain string", a.Name)
		return "", false
	}
	return value.AsString(), true
}
