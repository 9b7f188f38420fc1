package download

import (
	"bytes"
	"context"
	"io"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/codec"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func channelFilesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "channel_files", Parallel: true,
		Doc: "Write the channels of samples as grey PNGs, ID_CHANNEL.png. A sample some of whose channels have failed becomes a dead " +
			"letter that tells why, after its other channels are written. A sample all of whose files are there is complete.",
		In: component.Takes(edges.Channels),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Sole: true, Doc: "folder of the files, made if need be"},
			{Name: "channels", Type: component.Strings, Default: data.Colours[:], Doc: "the channels of a complete sample"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.ToParallel(component.In[*data.Channels](n, "in"), n.Stage(), &channelFiles{
				dir: n.Args.String("dir"), channels: n.Args.Strings("channels"),
			})
			return nil, nil
		},
	}
}

// channelFiles writes every file by itself, synced: what came over a network
// is not to be lost with a batch.
type channelFiles struct {
	dir      string
	channels []string
	unlock   func() error
	there    map[string]bool // names of files, when the run began
}

func (s *channelFiles) Open(context.Context) (err error) {
	s.unlock, s.there, err = atomicfile.OpenFolder(s.dir)
	return err
}

// Complete says whether all files of a sample are in the folder.
func (s *channelFiles) Complete(id string) bool {
	for _, name := range s.channels {
		if !s.there[id+"_"+name+".png"] {
			return false
		}
	}
	return true
}

func (s *channelFiles) Write(_ context.Context, r flow.Record[*data.Channels]) error {
	for _, ch := range r.Value.List {
		if ch.Kept || ch.Err != nil {
			continue
		}
		name := r.Value.ID + "_" + ch.Name + ".png"
		if err := atomicfile.CheckName(name); err != nil {
			return flow.OfRecord(err)
		}
		var b bytes.Buffer
		if err := codec.EncodeRGBY(&b, ch.Image); err != nil {
			return flow.OfRecord(err)
		}
		err := atomicfile.Write(filepath.Join(s.dir, name), func(w io.Writer) error {
			_, err := w.Write(b.Bytes())
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := r.Value.Fault(); err != nil {
		return flow.OfRecord(err)
	}
	return nil
}

func (s *channelFiles) Commit(context.Context) error { return s.unlock() }
func (s *channelFiles) Abort() error                 { return s.unlock() }
