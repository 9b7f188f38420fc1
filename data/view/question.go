package view

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data"
)

// Question is what is asked for: which rows, and in which order. Its zero value asks for
// all rows as they came.
type Question struct {
	Text     string      // the Id has it in it
	Has      data.Labels // all of them
	Not      data.Labels // none of them
	Sources  uint8       // bits of places in Sources; 0: any
	In       []In        // of categories; all must hold
	Flags    map[string]bool
	Group    int // of grouping Groups: 1 plus the group; -1: any; 0: whichever
	Groups   int
	Between  []Between
	Verdict  Verdict
	Unsure   float32 // a probability is so near to its threshold; 0: whichever
	Table    int     // that Verdict, Unsure and the order by them are of
	By       int     // the thresholds, 1 plus their place; 0: one half
	Lasso    Lasso
	Sort     string // "", id, p, unsure, error, labels, group, near
	Label    int    // that Sort p is of
	NearTo   string // an Id: sort by near
	Backward bool
}

// In is a value of a category, by its number.
type In struct{ Category, Value int }

// Between is a range of probabilities, both ends in it.
type Between struct {
	Table, Label int
	Low, High    float32
}

// Verdict is what a table's decision comes to, against the labels.
type Verdict struct {
	Kind  string // "", tp, fp, fn, tn, right, wrong
	Label int    // -1: of any label, or for right of all
}

// The flags a question may ask for, to be so or not.
var flagNames = []string{"image", "labelled", "dead", "flagged", "corrected", "noted", "grouped"}

const mostTerms = 64 // of a kind in a question

// ParseQuestion reads a question from the fields of an address.
func ParseQuestion(v url.Values) (q Question, err error) {
	p := parser{v: v}
	q.Text = v.Get("text")
	q.Has, q.Not = p.labels("has"), p.labels("not")
	for _, name := range p.words("source") {
		at := slices.Index(Sources, name)
		if at < 0 {
			p.fault("source", name)
		} else {
			q.Sources |= 1 << at
		}
	}
	for _, word := range v["in"] {
		n := p.numbers("in", word, 2)
		q.In = append(q.In, In{int(n[0]), int(n[1])})
	}
	for _, word := range v["is"] {
		name, not := strings.CutPrefix(word, "!")
		if !slices.Contains(flagNames, name) {
			p.fault("is", word)
			continue
		}
		if q.Flags == nil {
			q.Flags = map[string]bool{}
		}
		q.Flags[name] = !not
	}
	if word := v.Get("group"); word != "" {
		n := p.numbers("group", word, 2)
		q.Groups, q.Group = int(n[0]), int(n[1])
	}
	for _, word := range v["p"] {
		n := p.numbers("p", word, 4)
		q.Between = append(q.Between, Between{int(n[0]), int(n[1]), float32(n[2]), float32(n[3])})
	}
	if word := v.Get("verdict"); word != "" {
		kind, label, _ := strings.Cut(word, ":")
		q.Verdict = Verdict{kind, int(p.numbers("verdict", label, 1)[0])}
		if !slices.Contains([]string{"tp", "fp", "fn", "tn", "right", "wrong"}, kind) {
			p.fault("verdict", word)
		}
	}
	q.Unsure = float32(p.number("unsure"))
	q.Table, q.By, q.Label = int(p.number("table")), int(p.number("by")), int(p.number("label"))
	if word := v.Get("lasso"); word != "" {
		for _, n := range strings.Split(word, ",") {
			f, err := strconv.ParseFloat(n, 32)
			if err != nil || len(q.Lasso) > 4000 {
				p.fault("lasso", word)
				break
			}
			q.Lasso = append(q.Lasso, float32(f))
		}
		if len(q.Lasso) < 6 || !q.Lasso.finite() {
			p.fault("lasso", word)
		}
	}
	q.Sort, q.NearTo, q.Backward = v.Get("sort"), v.Get("near"), v.Get("back") == "1"
	if q.Sort != "" && !slices.Contains([]string{"id", "p", "unsure", "error", "labels", "group", "near"}, q.Sort) {
		p.fault("sort", q.Sort)
	}
	if len(q.Text) > 1000 || len(q.In) > mostTerms || len(q.Between) > mostTerms {
		p.fault("question", "is too long")
	}
	return q, p.err
}

type parser struct {
	v   url.Values
	err error
}

func (p *parser) fault(field, text string) {
	if p.err == nil {
		p.err = fmt.Errorf("%s=%.100q is no question", field, text)
	}
}

func (p *parser) words(field string) []string {
	if p.v.Get(field) == "" {
		return nil
	}
	return strings.Split(p.v.Get(field), ",")
}

func (p *parser) labels(field string) data.Labels {
	var l data.Labels
	for _, word := range p.words(field) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n >= data.MaxClasses {
			p.fault(field, word)
			continue
		}
		l |= 1 << n
	}
	return l
}

func (p *parser) number(field string) float64 {
	if p.v.Get(field) == "" {
		return 0
	}
	return p.numbers(field, p.v.Get(field), 1)[0]
}

// numbers reads so many, separated by colons. Where they are not, all are 0.
func (p *parser) numbers(field, text string, many int) []float64 {
	list := make([]float64, many)
	words := strings.Split(text, ":")
	if len(words) != many {
		p.fault(field, text)
		return list
	}
	for i, word := range words {
		n, err := strconv.ParseFloat(word, 64)
		if err != nil || !(n > -1e9 && n < 1e9) {
			p.fault(field, text)
			return make([]float64, many)
		}
		list[i] = n
	}
	return list
}

// check says what a question asks for that the index has not.
func (x *Index) check(q *Question) error {
	table := func(t int) error {
		if t < 0 || t >= len(x.Tables) {
			return fmt.Errorf("there is no table %d of predictions", t)
		}
		return nil
	}
	label := func(n, least int) error {
		if n < least || n >= x.Classes {
			return fmt.Errorf("there is no label %d", n)
		}
		return nil
	}
	var faults []error
	for _, in := range q.In {
		if in.Category < 0 || in.Category >= len(x.Categories) || in.Value < 0 || in.Value >= len(x.Categories[in.Category].Values) {
			faults = append(faults, fmt.Errorf("there is no value %d of split %d", in.Value, in.Category))
		}
	}
	for _, b := range q.Between {
		faults = append(faults, table(b.Table), label(b.Label, 0))
	}
	if q.Verdict.Kind != "" {
		faults = append(faults, table(q.Table), label(q.Verdict.Label, -1))
	}
	if q.Unsure != 0 || q.Sort == "unsure" || q.Sort == "error" || q.Sort == "p" {
		faults = append(faults, table(q.Table))
	}
	if q.Sort == "p" {
		faults = append(faults, label(q.Label, 0))
	}
	if q.By < 0 || q.By > len(x.Thresholds) {
		faults = append(faults, fmt.Errorf("there are no thresholds %d", q.By))
	}
	if q.Group != 0 || q.Sort == "group" {
		if q.Groups < 0 || q.Groups >= len(x.Groupings) || q.Group > len(x.Groupings[q.Groups].Groups) || q.Group < -1 {
			faults = append(faults, fmt.Errorf("there is no group %d of groups %d", q.Group, q.Groups))
		}
	}
	if q.Lasso != nil && x.Map == nil {
		faults = append(faults, fmt.Errorf("there is no map"))
	}
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	return nil
}

// by are the thresholds of a question.
func (x *Index) by(q *Question) *Thresholds {
	if q.By == 0 {
		return nil
	}
	return x.Thresholds[q.By-1]
}
