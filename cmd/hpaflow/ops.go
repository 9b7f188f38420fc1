package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mitchellh/go-wordwrap"
	"github.com/urfave/cli/v2"

	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// pageWidth is where the reference page breaks its lines.
const pageWidth = 80

var kinds = []flow.Kind{flow.KindSource, flow.KindOp, flow.KindSink}

func opsCommand(reg *component.Registry) *cli.Command {
	return &cli.Command{
		Name:      "ops",
		Usage:     "list every source, op and sink, or say all about one",
		ArgsUsage: "[NAME]",
		Action: func(c *cli.Context) error {
			switch c.NArg() {
			case 0:
				return listComponents(c.App.Writer, reg)
			case 1:
				return describeComponents(c.App.Writer, reg, c.Args().First())
			}
			return fmt.Errorf("ops takes one name at most, not %d", c.NArg())
		},
	}
}

// listComponents says of each component what it carries and does.
func listComponents(w io.Writer, reg *component.Registry) error {
	var b strings.Builder
	for i, kind := range kinds {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%ss\n", kind)
		for _, s := range reg.Specs(kind) {
			fmt.Fprintf(&b, "  %-14s %s\n", s.Name, signature(s))
			sentence, _, _ := strings.Cut(s.Doc, ". ")
			fmt.Fprintln(&b, wrapped(strings.TrimSuffix(sentence, "."), "      "))
		}
	}
	b.WriteString("\nhpaflow ops NAME says all about one, hpaflow ops run about the run block of a flow.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// signature is what a component takes and gives: sample -> batch.
func signature(s *component.Spec) string {
	var in []string
	for _, p := range s.In {
		name := p.Carries()
		if p.Optional {
			name = "[" + name + "]"
		}
		in = append(in, name)
	}
	text := strings.Join(in, ", ") + " ->"
	if s.Out.Go != nil {
		if text += " " + s.Out.Name; s.Passes {
			text = strings.TrimSuffix(text, s.Out.Name) + strings.Join(in[:1], "")
		}
	}
	return strings.TrimSpace(text)
}

// describeComponents writes the reference of every component of a name: a
// source and a sink may share one.
func describeComponents(w io.Writer, reg *component.Registry, name string) error {
	if name == "run" {
		_, err := io.WriteString(w, runReference())
		return err
	}
	names := []string{"run"}
	var found []*component.Spec
	for _, kind := range kinds {
		for _, s := range reg.Specs(kind) {
			names = append(names, s.Name)
			if s.Name == name {
				found = append(found, s)
			}
		}
	}
	if found == nil {
		hint := lang.DidYouMean(name, names, "components")
		return fmt.Errorf("unknown component %q; %s", name, cmp.Or(hint, "see hpaflow ops"))
	}
	for i, s := range found {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if _, err := io.WriteString(w, reference(s)); err != nil {
			return err
		}
	}
	return nil
}

// reference is all there is to know about a component.
func reference(s *component.Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n", s.Title(), signature(s), wrapped(s.Doc, ""))
	if len(s.In) > 0 {
		b.WriteString("\nports\n")
	}
	for _, p := range s.In {
		entry(&b, p.Name, carries(p), p.Doc)
	}
	writeFields(&b, s.AllFields())
	fmt.Fprintf(&b, "\nexample\n  %s\n", strings.ReplaceAll(strings.TrimSpace(lang.Example(s)), "\n", "\n  "))
	return b.String()
}

// runReference is all there is to know about the run block.
func runReference() string {
	var b strings.Builder
	fmt.Fprintf(&b, "run { ... }\n\n%s\n", wrapped("How the run deals with what goes wrong, and the bounds that readers keep to.", ""))
	writeFields(&b, component.RunFields)
	return b.String()
}

func writeFields(b *strings.Builder, fields []component.Field) {
	if len(fields) == 0 {
		return
	}
	b.WriteString("\nfields\n")
	for _, f := range fields {
		name := f.Name
		if !f.Required() {
			name += " = " + lang.Literal(f, f.Default)
		}
		entry(b, name, takes(f), f.Doc)
	}
}

func entry(b *strings.Builder, name, takes, doc string) {
	fmt.Fprintf(b, "  %-28s %s\n", name, takes)
	if doc != "" {
		fmt.Fprintln(b, wrapped(doc, "      "))
	}
}

func wrapped(text, indent string) string {
	lines := wordwrap.WrapString(text, uint(pageWidth-len(indent)))
	return indent + strings.ReplaceAll(lines, "\n", "\n"+indent)
}

func carries(p component.Port) string {
	if p.Optional {
		return p.Carries() + ", optional"
	}
	return p.Carries()
}

// takes says which values a field accepts.
func takes(f component.Field) string {
	text := string(f.Type)
	if len(f.Choices) > 0 {
		text += ": " + strings.Join(f.Choices, ", ")
	}
	if f.Min < f.Max {
		text += fmt.Sprintf(", %s to %s", bound(f.Min), bound(f.Max))
	}
	if f.Stdio {
		text += ", or -"
	}
	if f.Required() {
		text += ", required"
	}
	return text
}

// bound writes the end of a range without an exponent.
func bound(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
