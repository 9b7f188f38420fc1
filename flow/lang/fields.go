package lang

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"hpaflow/data/place"
	"hpaflow/flow/component"
)

// fieldsOf are the fields that a block may give.
type fieldsOf struct {
	block  *hclsyntax.Block
	fields []component.Field
	title  string   // how messages call the block
	known  []string // attributes that are no fields
	off    bool     // names are checked, values are not
}

// readRun reads the run block; a file without one has the defaults.
func (p *planner) readRun() component.Args {
	b := p.runBlock
	if b == nil {
		b = &hclsyntax.Block{Type: "run", Body: &hclsyntax.Body{}}
	}
	return p.readFields(fieldsOf{block: b, fields: component.RunFields, title: "the run block"})
}

// readFields gives the fields that have no fault, defaults filled in.
func (p *planner) readFields(of fieldsOf) component.Args {
	args := component.Args{}
	for _, f := range of.fields {
		a := of.block.Body.Attributes[f.Name]
		if a == nil {
			p.useDefault(of, f, args)
			continue
		}
		p.readField(of, f, a, args)
	}
	p.readStrangers(of)
	return args
}

// useDefault is for a field that is not given.
func (p *planner) useDefault(of fieldsOf, f component.Field, args component.Args) {
	if f.Required() {
		p.fault(header(of.block), fmt.Sprintf("%s is %s", f.Name, f.Doc), "%s lacks %s (%s)", of.title, f.Name, f.Type)
		return
	}
	args[f.Name] = f.Default
	if of.off {
		return
	}
	v, err := p.onDisk(f, f.Default)
	if err != nil {
		p.fault(header(of.block), "this is its default", "%s: %v", f.Name, err)
	}
	args[f.Name] = v
}

// onDisk checks what a field names on disk, unless that is not what was meant.
// The flow that a name stands for is given in its place.
func (p *planner) onDisk(f component.Field, v any) (any, error) {
	if !p.disk || p.misspelt != nil {
		return v, nil
	}
	if p.inputs {
		if err := f.Exists(v); err != nil {
			return v, err
		}
	}
	if f.Type == component.FlowFile && v != "" {
		name, _, fault := p.locate(p.nearby(v.(string)))
		if fault != nil {
			return v, errors.New(fault.String())
		}
		return name, nil
	}
	return v, f.Writable(v)
}

// nearby is where a flow is that a field names: below the file's own folder, so
// that it works from any other; what is not there is as it is given.
func (p *planner) nearby(path string) string {
	below := p.file.beside(path)
	if there, err := place.Exists(context.Background(), below); err != nil || !there {
		return path
	}
	return below
}

func (p *planner) readField(of fieldsOf, f component.Field, a *hclsyntax.Attribute, args component.Args) {
	if of.off {
		p.checkNames(a.Expr)
		return
	}
	value, ok := p.evaluate(a.Expr)
	if !ok || !value.IsWhollyKnown() {
		return
	}
	if value.IsNull() {
		p.useDefault(of, f, args)
		return
	}
	if f.Type == component.String && value.Type() == cty.Bool && slices.Contains(f.Choices, written(value)) {
		value = cty.StringVal(written(value)) // a choice that reads as well without quotes
	}
	v, err := convert(f.Type, value)
	var hint string
	if err == nil {
		hint, err = accepts(f, v)
	}
	if err == nil {
		v, err = p.onDisk(f, f.AsPath(v))
	}
	if err != nil {
		if origins := p.origins(a.Expr); origins != "" {
			hint = strings.TrimSpace(hint + " " + origins)
		}
		p.fault(a.Expr.Range(), hint, "%s: %v", f.Name, err)
		return
	}
	args[f.Name] = v
}

// readStrangers reports attributes that are none of the block's.
func (p *planner) readStrangers(of fieldsOf) {
	names := slices.Clone(of.known)
	for _, f := range of.fields {
		names = append(names, f.Name)
	}
	for _, a := range inOrder(of.block.Body.Attributes) {
		if slices.Contains(names, a.Name) {
			continue
		}
		p.fault(a.NameRange, DidYouMean(a.Name, names, "it has"), "%s has no field %q", of.title, a.Name)
		if t, faults := hcl.AbsTraversalForExpr(a.Expr); !faults.HasErrors() && isReference(t) {
			p.markMeant(t)
			continue
		}
		p.checkNames(a.Expr)
	}
}
