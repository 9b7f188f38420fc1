package download

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"hpaflow/data"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func httpSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "http",
		Doc: "The channel images of a table's samples from a server: BASE/PLATE/REST_CHANNEL.jpg, where an Id is PLATE_REST, cut at " +
			"its first _. Images that are in a folder already are taken from there. Samples come as they arrive. What may help is " +
			"tried again: after growing waits, as late as the server asks. A sample some of whose channels never came is passed " +
			"on with the others.",
		Out: edges.Channels,
		Fields: append([]component.Field{
			{Name: "table", Type: component.InputFile, Bears: component.ByRecord, Doc: "CSV with Id: the samples to get"},
			{Name: "base_url", Type: component.String, Bears: component.NoBearing, Doc: "address of the folder of plates, http or https"},
			{Name: "channels", Type: component.Strings, Default: data.Colours[:], Doc: "the channels of a sample, in plane order"},
			{Name: "dir", Type: component.OutputDir, Default: "", Doc: "folder of ID_CHANNEL.png files of earlier runs, which are not got again; empty: none"},
		}, Fields(24, fetchDefaults.MaxBytes)...),
		Check: func(a component.Args) (faults []component.FieldFault) {
			if err := data.CheckPlaneNames(a.Strings("channels")); err != nil {
				faults = append(faults, component.FieldFault{Field: "channels", Fault: err.Error()})
			}
			return append(append(faults, CheckAddress(a, "base_url")...), CheckFields(a)...)
		},
		Build: buildHTTP,
	}
}

func buildHTTP(n *component.Node) (component.Output, error) {
	a := n.Args
	rows, err := component.Once(n, "rows", func() ([]table.Row, error) {
		return table.Limit(n.Limits().MaxRows).Read(a.String("table"), data.MaxClasses)
	})
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(a.String("base_url"))
	if err != nil {
		return nil, err
	}
	client, err := NewClient(a, a.Int("per_host"), WholeJPEG)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	s := &plates{base: base, Samples: Samples{IDs: ids, Names: a.Strings("channels"), Dir: a.String("dir"), Workers: a.Int("workers"), GiveUp: a.Int("give_up"), Client: client}}
	s.Get, s.Unfit = s.get, s.unfit
	n.Graph.OnCut(n.Name, &flow.Cut{
		Names: func(context.Context) ([]string, error) { return s.IDs, nil },
		Take:  func(first int64, ids []string) { s.First, s.IDs = first, ids }, // an Id is all that it takes to get a sample
	})
	return flow.Source(n.Graph, n.Stage(), s.Run), nil
}

// plates are the samples of a server that has a folder for each plate.
type plates struct {
	Samples
	base *url.URL
}

func (s *plates) unfit(row int) error {
	if _, _, ok := cutID(s.IDs[row]); !ok {
		return errors.New("is no Id of the form PLATE_REST")
	}
	return nil
}

// get brings the channels of a sample; it runs in a worker.
func (s *plates) get(ctx context.Context, row int) (*data.Channels, error) {
	id := s.IDs[row]
	sample := &data.Channels{ID: id, List: make([]data.Channel, len(s.Names))}
	plate, rest, _ := cutID(id)
	for i, name := range s.Names {
		if kept, there := s.Kept(id, name); there {
			sample.List[i] = kept
			continue
		}
		ch := &sample.List[i]
		ch.Name = name
		address := s.base.JoinPath(plate, rest+"_"+name+".jpg").String()
		ch.File = data.File{Name: address, Channel: name}
		ch.File.Data, ch.Err = s.Client.Get(ctx, address)
	}
	return sample, nil
}

// cutID cuts an Id into plate and rest.
func cutID(id string) (plate, rest string, ok bool) {
	plate, rest, ok = strings.Cut(id, "_")
	return plate, rest, ok && plate != "" && rest != "" && !strings.Contains(id, "/")
}
