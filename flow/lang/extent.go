package lang

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// extent is what a value comes to at most, before it is made: bytes, of memory
// and so of time, the elements of a list, and the extent of the largest of
// them. Numbers are floats, which do not overflow.
type extent struct {
	bytes, items float64
	largest      *extent // nil where there is no list
}

// base is what any value takes, with all that is made on the way to it.
const base = 256

// surveyor finds the extent of expressions.
type surveyor struct {
	values *hcl.EvalContext
	locals map[string]extent    // what `for` gives names to
	huge   hclsyntax.Expression // the first number that is too large
}

// fits says whether an expression may be evaluated, and reports why not.
func (p *planner) fits(e hclsyntax.Expression) bool {
	if p.loading.spent > maxValues {
		return false // which has been told
	}
	s := &surveyor{values: p.values, locals: map[string]extent{}}
	x := s.of(e)
	switch {
	case s.huge != nil:
		p.fault(s.huge.Range(), "", "%v", errDigits)
		return false
	case p.loading.spent+x.bytes > maxValues:
		p.loading.spent = 2 * maxValues
		p.fault(e.Range(), "", "with this the values of the file would take more than %d MiB", maxValues>>20)
		return false
	}
	p.loading.spent += x.bytes
	return true
}

func (s *surveyor) of(e hclsyntax.Expression) extent {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if s.huge == nil && inDigits(e.Val) != nil {
			s.huge = e
		}
		return extentOf(e.Val)
	case *hclsyntax.ScopeTraversalExpr:
		s.keys(e, e.Traversal)
		return s.named(e.Traversal)
	case *hclsyntax.ParenthesesExpr:
		return s.of(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		return s.of(e.Wrapped)
	case *hclsyntax.ObjectConsKeyExpr:
		return s.of(e.Wrapped)
	case *hclsyntax.RelativeTraversalExpr:
		s.keys(e, e.Traversal)
		return s.of(e.Source)
	case *hclsyntax.IndexExpr:
		return sum(s.of(e.Collection), s.operand(e.Key))
	case *hclsyntax.TemplateExpr:
		return sum(s.all(e.Parts)...)
	case *hclsyntax.TemplateJoinExpr:
		return s.of(e.Tuple)
	case *hclsyntax.TupleConsExpr:
		return listed(s.all(e.Exprs))
	case *hclsyntax.ObjectConsExpr:
		var values []extent
		for _, item := range e.Items {
			values = append(values, sum(s.of(item.KeyExpr), s.of(item.ValueExpr)))
		}
		return listed(values)
	case *hclsyntax.ConditionalExpr:
		return sum(s.of(e.Condition), s.of(e.TrueResult), s.of(e.FalseResult))
	case *hclsyntax.UnaryOpExpr:
		if takesNumbers(e.Op) {
			return s.operand(e.Val)
		}
		return s.of(e.Val)
	case *hclsyntax.BinaryOpExpr:
		if takesNumbers(e.Op) {
			return sum(s.operand(e.LHS), s.operand(e.RHS))
		}
		return sum(s.of(e.LHS), s.of(e.RHS))
	case *hclsyntax.ForExpr:
		return s.each(e)
	case *hclsyntax.SplatExpr:
		source := s.of(e.Source)
		each := sum(s.of(e.Each), source.element())
		return extent{source.bytes + (source.items+1)*each.bytes, source.items + 1, &each}
	case *hclsyntax.FunctionCallExpr:
		return s.call(e)
	}
	return extent{bytes: base}
}

// operand is the extent of what is read as a number: text that comes to be one
// is no longer than one is.
func (s *surveyor) operand(e hclsyntax.Expression) extent {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return s.operand(e.Expression)
	case *hclsyntax.ConditionalExpr:
		return sum(s.of(e.Condition), s.operand(e.TrueResult), s.operand(e.FalseResult))
	case *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr:
		return s.of(e)
	case *hclsyntax.FunctionCallExpr:
		if slices.Contains([]string{"length", "max", "min"}, e.Name) {
			return s.of(e)
		}
	}
	x := s.of(e)
	if x.items == 0 && x.text() > maxText+base && s.huge == nil {
		s.huge = e
	}
	return sum(x, extent{bytes: maxDigits})
}

func (s *surveyor) all(list []hclsyntax.Expression) []extent {
	extents := make([]extent, len(list))
	for i, e := range list {
		extents[i] = s.of(e)
	}
	return extents
}

// keys looks at the keys in a traversal, which may be read as numbers.
func (s *surveyor) keys(e hclsyntax.Expression, t hcl.Traversal) {
	for _, step := range t {
		if index, ok := step.(hcl.TraverseIndex); ok && s.huge == nil && isLongNumber(index.Key) {
			s.huge = e
		}
	}
}

// named is the extent of a variable, or of a name that a `for` gives.
func (s *surveyor) named(t hcl.Traversal) extent {
	if x, ok := s.locals[t.RootName()]; ok {
		return x
	}
	value, faults := t.TraverseAbs(s.values)
	if faults.HasErrors() {
		return extent{bytes: base} // which evaluation will tell
	}
	return extentOf(value)
}

// each is the extent of a `for`: its body as many times as there are elements.
func (s *surveyor) each(e *hclsyntax.ForExpr) extent {
	over := s.of(e.CollExpr)
	before := s.locals
	s.locals = map[string]extent{}
	for name, x := range before {
		s.locals[name] = x
	}
	s.locals[e.KeyVar], s.locals[e.ValVar] = extent{bytes: base}, over.element()
	body := extent{bytes: base}
	for _, part := range []hclsyntax.Expression{e.KeyExpr, e.ValExpr, e.CondExpr} {
		if part != nil {
			body = sum(body, s.of(part))
		}
	}
	s.locals = before
	return extent{over.bytes + over.items*body.bytes, over.items, &body}
}

// call is the extent of what a function gives.
func (s *surveyor) call(e *hclsyntax.FunctionCallExpr) extent {
	args := s.all(e.Args)
	if e.Name == "min" || e.Name == "max" {
		for _, arg := range e.Args {
			s.operand(arg)
		}
	}
	x := sum(args...)
	switch {
	case e.Name == "format":
		x.bytes += float64(len(args)) * maxWidth
	case e.Name == "replace" && len(args) == 3:
		x.bytes += args[0].text() * args[2].text()
	case e.Name == "join" && len(args) > 1:
		x.bytes += x.items * args[0].text()
		return extent{bytes: x.bytes}
	}
	return x
}

// sum is the extent of what is put together from parts.
func sum(parts ...extent) extent {
	x := extent{bytes: base}
	for _, part := range parts {
		x = extent{x.bytes + part.bytes, x.items + part.items, larger(x.largest, part.largest)}
	}
	return x
}

// listed is the extent of a list.
func listed(elements []extent) extent {
	x := extent{bytes: base, items: float64(len(elements))}
	for _, e := range elements {
		x.bytes, x.largest = x.bytes+e.bytes, larger(x.largest, &e)
	}
	return x
}

// larger covers both.
func larger(a, b *extent) *extent {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	return &extent{max(a.bytes, b.bytes), max(a.items, b.items), larger(a.largest, b.largest)}
}

// text is the length of a string.
func (x extent) text() float64 { return max(0, x.bytes-base) + 1 }

// element covers each element of a list.
func (x extent) element() extent {
	if x.largest == nil {
		return extent{bytes: base}
	}
	return *x.largest
}

// extentOf is that of a value that is there.
func extentOf(v cty.Value) extent {
	v, _ = v.Unmark()
	switch {
	case !v.IsKnown() || v.IsNull():
	case v.Type() == cty.String:
		return extent{bytes: base + float64(len(v.AsString()))}
	case v.Type() == cty.Number:
		return extent{bytes: base + digits(v.AsBigFloat())}
	case v.CanIterateElements():
		var elements []extent
		for _, item := range v.Elements() {
			elements = append(elements, extentOf(item))
		}
		return listed(elements)
	}
	return extent{bytes: base}
}
