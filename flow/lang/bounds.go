package lang

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// What a file may ask of the one who reads it. Parsing and evaluating recurse,
// so that depth is bounded before either begins; what values come to is bounded
// by extents, before they are made.
const (
	maxFile   = 1 << 20  // bytes of a file
	maxTokens = 50_000   // words and signs of a file
	maxDepth  = 100      // brackets, templates and operators inside one another
	maxDigits = 1000     // of a number that is computed
	maxValues = 64 << 20 // bytes that all values come to, steps included
	maxRounds = 1000     // steps that one for_each makes
	maxSteps  = 5000     // steps of a file and of the files they run
	maxWork   = 1 << 20  // words and signs of the files that all steps run
)

// measure reports where a file's tokens pass the bounds, and characters that
// cannot be seen where they stand for nothing.
func (f *File) measure() Diagnostics {
	tokens, _ := hclsyntax.LexConfig(f.src, f.name, hcl.InitialPos) // what the lexer finds, parsing tells
	var faults Diagnostics
	operators := []int{0} // of each bracket that is open, since its last comma or line
	depth := 0            // all of them, and the brackets
	for _, t := range tokens {
		last := len(operators) - 1
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateInterp:
			operators = append(operators, 0)
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc,
			hclsyntax.TokenTemplateSeqEnd:
			if last > 0 {
				depth -= operators[last] + 1
				operators = operators[:last]
			}
		case hclsyntax.TokenTemplateControl:
			operators[last]++ // an if or for, open until the end of the template
			operators = append(operators, 0)
			depth += 2
		case hclsyntax.TokenComma, hclsyntax.TokenNewline:
			depth -= operators[last]
			operators[last] = 0
		case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenPercent,
			hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq,
			hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr,
			hclsyntax.TokenBang, hclsyntax.TokenQuestion, hclsyntax.TokenDot:
			operators[last]++
			depth++
		case hclsyntax.TokenNumberLit:
			if len(t.Bytes) > maxDigits {
				return Diagnostics{f.at(t.Range, errDigits.Error(), "")}
			}
		case hclsyntax.TokenInvalid:
			if name, invisible := unseen(t.Bytes); invisible {
				faults = append(faults, f.at(t.Range, name+" stands here, which cannot be seen", "remove it, or write a plain space"))
			}
		}
		if depth > maxDepth {
			return Diagnostics{f.at(t.Range, fmt.Sprintf("brackets and operators stand more than %d deep in one another", maxDepth), "")}
		}
	}
	if len(tokens) > maxTokens {
		return Diagnostics{f.at(tokens[maxTokens].Range, fmt.Sprintf("the file has more than %d words and signs", maxTokens),
			"a list as long as this belongs into a table that the flow reads")}
	}
	f.tokens = len(tokens)
	return faults.sorted()
}

// unseen names a character that people cannot see.
func unseen(b []byte) (name string, is bool) {
	r, size := utf8.DecodeRune(b)
	if size != len(b) || r == utf8.RuneError || !hidden(r) {
		return "", false
	}
	name = fmt.Sprintf("U+%04X", r)
	if known := map[rune]string{
		'\u00a0': "a no-break space", '\u200b': "a zero-width space", '\u200c': "a zero-width non-joiner", '\u200d': "a zero-width joiner",
		'\u2060': "a word joiner", '\u202f': "a narrow no-break space", '\ufeff': "a byte order mark", '\u3000': "an ideographic space",
	}[r]; known != "" {
		return name + ", " + known + ",", true
	}
	return name + " (" + strconv.QuoteRuneToASCII(r) + ")", true
}

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
