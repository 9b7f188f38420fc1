package lang

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// takesNumbers says that an operation reads its operands as numbers.
func takesNumbers(op *hclsyntax.Operation) bool { return op.Impl.Params()[0].Type == cty.Number }

// guarded are the operations of arithmetic, which refuse numbers of too many digits: text
// that looks like a number becomes one only on its way to them.
var guarded = func() map[*hclsyntax.Operation]*hclsyntax.Operation {
	list := map[*hclsyntax.Operation]*hclsyntax.Operation{}
	for _, op := range []*hclsyntax.Operation{
		hclsyntax.OpAdd, hclsyntax.OpSubtract, hclsyntax.OpMultiply, hclsyntax.OpDivide, hclsyntax.OpModulo, hclsyntax.OpNegate,
	} {
		list[op] = &hclsyntax.Operation{Impl: guard(op.Impl), Type: op.Type}
	}
	return list
}()

// guard makes a function refuse numbers of too many digits, given or found.
func guard(f function.Function) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for _, a := range args {
				if err := inDigits(a); err != nil {
					return cty.NilVal, err
				}
			}
			v, err := f.Call(args)
			if err == nil {
				err = inDigits(v)
			}
			return v, err
		},
	})
}

// guardOperations puts the guarded operations into all expressions below.
func guardOperations(below hclsyntax.Node) {
	// The walk itself cannot fail.
	_ = hclsyntax.VisitAll(below, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.BinaryOpExpr:
			if op := guarded[n.Op]; op != nil {
				n.Op = op
			}
		case *hclsyntax.UnaryOpExpr:
			if op := guarded[n.Op]; op != nil {
				n.Op = op
			}
		}
		return nil
	})
}
