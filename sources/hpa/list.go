package hpa

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"hpaflow/data/hpa"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/download"
	"hpaflow/sources/download/fetch"
)

// mostGene is the largest XML of one gene that is read; those of the Atlas have up
// to 3 MB.
const mostGene = 64 << 20

func listSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "hpa",
		Doc: "The immunofluorescence images that the Human Protein Atlas lists in its XML: the whole of it, a file or a URL, in gzip or " +
			"not, which is read as it comes; or that of single genes, from its server. Images of silenced genes (si...) are passed over. " +
			"What is passed over is counted and said, with the first names.",
		Out: edges.Listed,
		Fields: append([]component.Field{
			{Name: "xml", Type: component.InputFile, Default: "", Doc: "proteinatlas.xml.gz, or an XML of some genes; empty: genes are asked for one by one"},
			{Name: "genes", Type: component.Strings, Default: []string{}, Doc: "Ensembl numbers, ENSG00000134057: the genes whose images are wanted; empty: all of the XML"},
			{Name: "gene_url", Type: component.String, Default: "https://www.proteinatlas.org/" + geneMark + ".xml",
				Doc: "address of a gene's XML, with " + geneMark + " for its number; of an earlier release https://v18.proteinatlas.org/" + geneMark + ".xml"},
			{Name: "cell_lines", Type: component.Strings, Default: []string{}, Doc: "the cell lines that are wanted, as U-2 OS, whose spelling differs between releases: letters and digits count; empty: all"},
			{Name: "antibodies", Type: component.Strings, Default: []string{}, Doc: "the antibodies that are wanted, as HPA004109; empty: all"},
			{Name: "assays", Type: component.Strings, Default: []string{"human"}, Doc: "the assays that are wanted: human cells; mouse, gfp; empty: all"},
			{Name: "limit", Type: component.Int, Default: 0, Min: 0, Max: 1 << 30, Doc: "images, at most; 0: all"},
		}, download.Patience(mostGene)...),
		Check: checkList,
		Build: func(n *component.Node) (component.Output, error) {
			a := n.Args
			l := &list{args: a, node: n, tally: &hpa.Tally{}, others: map[string]hpa.Counts{}}
			var err error
			if l.client, err = download.NewClient(a, 1, nil); err != nil {
				return nil, err
			}
			n.Graph.OnEnd(l.tell)
			return flow.Source(n.Graph, n.Stage(), l.run), nil
		},
	}
}

// geneMark stands for a gene in an address.
const geneMark = "{gene}"

var ensembl = regexp.MustCompile(`^ENSG[0-9]{11}$`)

func checkList(a component.Args) (faults []component.FieldFault) {
	if a.String("xml") == "" && len(a.Strings("genes")) == 0 {
		faults = append(faults, component.FieldFault{Field: "xml", Fault: "neither xml nor genes are given; proteinatlas.xml.gz is at https://www.proteinatlas.org/about/download, and genes are given by their Ensembl numbers: genes = [\"ENSG00000134057\"]"})
	}
	for _, gene := range a.Strings("genes") {
		if !ensembl.MatchString(gene) {
			faults = append(faults, component.FieldFault{Field: "genes", Fault: fmt.Sprintf("%q is no Ensembl number of a gene; ENSG00000134057 is one, and the Atlas' pages have it in their address", gene)})
		}
	}
	if !strings.Contains(a.String("gene_url"), geneMark) {
		faults = append(faults, component.FieldFault{Field: "gene_url", Fault: "has no " + geneMark + " in it"})
	}
	return append(append(faults, download.CheckAddress(a, "gene_url")...), download.CheckFields(a)...)
}

// list is the images that an XML lists.
type list struct {
	args   component.Args
	node   *component.Node
	client *fetch.Client
	tally  *hpa.Tally
	others map[string]hpa.Counts // images that are not wanted: by what of them is not, and its name
	found  map[string]bool       // genes of the XML
	sent   int
}

// errEnough ends the reading of an XML.
var errEnough = errors.New("enough")

func (l *list) run(ctx context.Context, out *flow.Emitter[*hpa.Image]) error {
	defer l.client.Close()
	l.found = map[string]bool{}
	err := l.read(ctx, out)
	switch {
	case errors.Is(err, errEnough):
		return nil
	case err != nil:
		return err
	case l.sent == 0 && l.tally.Entries > 0 && !l.node.Limits().AllowEmpty:
		return flow.Fatal(&component.InputError{Err: errors.New("no image is left. " + strings.Join(l.counts(), "; ") +
			"; where there may be none, write allow_empty = true in the flow's run block")})
	}
	return nil
}

func (l *list) read(ctx context.Context, out *flow.Emitter[*hpa.Image]) error {
	path := l.args.String("xml")
	if path == "" {
		return l.genes(ctx, out)
	}
	if out.Complete(edges.AllListed) {
		l.sent++
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return flow.Fatal(err)
	}
	defer f.Close() // opened for reading: nothing can be lost
	w := &watched{file: f, told: time.Now(), tell: func(text string) { l.node.Graph.Note(l.node.Name, text) }}
	if info, err := f.Stat(); err == nil {
		w.size = info.Size()
	}
	err = hpa.Read(w, l.tally, func(i hpa.Image) error { return l.send(ctx, i, out) })
	if reading, _ := errors.AsType[*hpa.XMLError](err); reading != nil {
		return flow.Fatal(&component.InputError{Err: fmt.Errorf("%s: %w", path, err)})
	}
	if err != nil {
		return err
	}
	for _, gene := range l.args.Strings("genes") {
		if !l.found[gene] {
			if err := out.Fail(gene, fmt.Errorf("%s has no image of this gene", path)); err != nil {
				return err
			}
		}
	}
	return nil
}

// genes asks for the XML of each gene. One that is not to be had fails by itself.
func (l *list) genes(ctx context.Context, out *flow.Emitter[*hpa.Image]) error {
	genes := l.args.Strings("genes")
	for _, gene := range genes {
		address := strings.ReplaceAll(l.args.String("gene_url"), geneMark, gene)
		waited := out.Waiting()
		body, err := l.client.Get(ctx, address)
		waited()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var images []hpa.Image
		if err == nil {
			err = hpa.Read(bytes.NewReader(body), l.tally, func(i hpa.Image) error {
				images = append(images, i)
				return nil
			})
			if err != nil {
				err = fmt.Errorf("%s: %w", address, err)
			} else if i := slices.IndexFunc(images, func(i hpa.Image) bool { return i.Gene != gene }); i >= 0 {
				err = fmt.Errorf("%s is of %s", address, images[i].Gene)
			}
		}
		if err != nil {
			if err := out.Fail(gene, err); err != nil {
				return err
			}
			continue
		}
		for _, i := range images {
			if err := l.send(ctx, i, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// send yields an image, if it is wanted.
func (l *list) send(ctx context.Context, i hpa.Image, out *flow.Emitter[*hpa.Image]) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.found[i.Gene] = true
	for _, filter := range []struct {
		what  string
		has   string
		field string
		same  func(a, b string) bool
	}{
		{"other genes", i.Gene, "genes", strings.EqualFold},
		{"assays of another kind", i.Assay, "assays", strings.EqualFold},
		{"other antibodies", i.Antibody, "antibodies", strings.EqualFold},
		{"other cell lines", i.CellLine, "cell_lines", hpa.SameCellLine},
	} {
		wanted := l.args.Strings(filter.field)
		if len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return filter.same(w, filter.has) }) {
			continue
		}
		l.pass(filter.what, filter.has)
		return nil
	}
	if limit := l.args.Int("limit"); limit > 0 && l.sent == limit {
		return errEnough
	}
	l.sent++
	if out.Complete(i.ID()) {
		return nil
	}
	return out.Emit(i.ID(), &i)
}

// mostOthers bounds how many names are counted apart.
const mostOthers = 1000

// pass counts an image that is not wanted.
func (l *list) pass(what, name string) {
	counts := l.others[what]
	if counts == nil {
		counts = hpa.Counts{}
		l.others[what] = counts
	}
	if counts[name] == 0 && len(counts) >= mostOthers {
		name = "others"
	}
	counts[name]++
}
