package hpa

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"hpaflow/data"
	"hpaflow/data/hpa"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/download"
)

// mostImage is the largest file of a channel, packed or not: those of 3072 pixels
// have 19 MB.
const mostImage = 64 << 20

func imagesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "hpa_images",
		Doc: "The channel images of a table's rows from the Human Protein Atlas: BASE/NUM/PLATE_WELL_FOV_CHANNEL.tif.gz, of 16 bits, or .jpg, " +
			"of 8. The mark (_cr and 13 digits) that some names have is tried for JPEGs and then left out, for TIFFs the other way round. " +
			"All channels of a sample come in one format: the first of `formats` that the server has. Only where it says that it has none " +
			"(400, 404, 410, a page in place of an image) is the next one asked for; a server that is busy or broken fails the sample, which the next run gets.",
		Out: edges.Channels,
		Fields: append([]component.Field{
			{Name: "table", Type: component.InputFile, Bears: component.ByRecord, Doc: "CSV of the images: with Id, NUM_PLATE_WELL_FOV, or with their addresses in a column URL or Image; hpa_table writes one"},
			{Name: "base_url", Type: component.String, Bears: component.NoBearing, Default: "https://images.proteinatlas.org/", Doc: "address of the folder of antibodies, http or https"},
			{Name: "formats", Type: component.Strings, Default: hpa.Formats, Doc: "formats that are taken, the first first: tif, of 16 bits; jpg, of 8"},
			{Name: "channels", Type: component.Strings, Default: data.Colours[:], Doc: "the channels of a sample, in plane order"},
			{Name: "ordered", Type: component.Bool, Bears: component.NoBearing, Default: false, Doc: "whether samples come in the table's order, as shards want it; else as they arrive"},
			{Name: "dir", Type: component.OutputDir, Default: "", Doc: "folder of ID_CHANNEL.png files of earlier runs: samples all of whose channels are there are not got again; empty: none"},
		}, download.Fields(8, mostImage)...),
		Check: func(a component.Args) (faults []component.FieldFault) {
			if n := len(a.Strings("channels")); n < 1 || n > len(data.Colours) {
				faults = append(faults, component.FieldFault{Field: "channels", Fault: "a sample of the Atlas has one to four channels"})
			}
			for _, c := range a.Strings("channels") {
				if !slices.Contains(data.Colours[:], c) {
					faults = append(faults, component.FieldFault{Field: "channels", Fault: fmt.Sprintf("the Atlas has no channel %q; it has red, green, blue and yellow", c)})
				}
			}
			if len(a.Strings("formats")) == 0 {
				faults = append(faults, component.FieldFault{Field: "formats", Fault: "there is none; tif and jpg are"})
			}
			for _, f := range a.Strings("formats") {
				if !slices.Contains(hpa.Formats, f) {
					faults = append(faults, component.FieldFault{Field: "formats", Fault: fmt.Sprintf("there is no format %q; tif and jpg are", f)})
				}
			}
			return append(append(faults, download.CheckAddress(a, "base_url")...), download.CheckFields(a)...)
		},
		Build: buildImages,
	}
}

// rowsOf are the rows of the node's table, read once for all units of a flow.
func rowsOf(n *component.Node) (listing, error) {
	return component.Once(n, "rows", func() (l listing, err error) {
		l.rows, l.silenced, err = hpa.ReadTable(n.Args.String("table"), table.Limit(n.Limits().MaxRows), data.MaxClasses)
		return l, err
	})
}

// listing is what a table has.
type listing struct {
	rows     []hpa.Row
	silenced hpa.Some
}

func buildImages(n *component.Node) (component.Output, error) {
	a := n.Args
	list, err := rowsOf(n)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(a.String("base_url"))
	if err != nil {
		return nil, err
	}
	client, err := download.NewClient(a, a.Int("per_host"), nil)
	if err != nil {
		return nil, err
	}
	s := &images{base: base, most: a.Size("max_bytes"), Samples: download.Samples{
		Names: a.Strings("channels"), Dir: a.String("dir"), Workers: a.Int("workers"), Ordered: a.Bool("ordered"), GiveUp: a.Int("give_up"), Client: client,
	}}
	for _, f := range a.Strings("formats") {
		s.formats = append(s.formats, hpa.Format(f))
	}
	for _, r := range list.rows {
		s.take(r.ID(), r.Name, nil)
	}
	s.Get, s.Unfit = s.get, s.unfit
	n.Graph.OnCut(n.Name, &flow.Cut{
		Names: func(context.Context) ([]string, error) {
			names := make([]string, len(s.names))
			for i, name := range s.names {
				names[i] = name.ID() + name.Mark
			}
			return names, nil
		},
		Take: func(first int64, names []string) { // a name with its mark is all that it takes to get a sample
			s.First, s.IDs, s.names, s.faults = first, nil, nil, nil
			for _, name := range names {
				image, err := hpa.ParseID(name)
				id := name
				if err == nil {
					id = image.ID()
				}
				s.take(id, image, err)
			}
		},
		Origin: func(name string) (string, flow.Origin, bool) {
			image, err := hpa.ParseID(name)
			if err != nil {
				return name, nil, false
			}
			return image.ID(), nil, false
		},
	})
	if list.silenced.Count > 0 {
		n.Graph.OnEnd(func() {
			n.Graph.Note(n.Name, fmt.Sprintf("passed over, of cells with the gene silenced (si...): %d, such as %v", list.silenced.Count, list.silenced.First))
		})
	}
	n.Graph.OnEnd(func() { s.tell(func(text string) { n.Graph.Note(n.Name, text) }) })
	return flow.Source(n.Graph, n.Stage(), s.Run), nil
}
