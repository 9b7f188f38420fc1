package download

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/codec"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func channelFilesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "channel_files", Parallel: true,
		Doc: "Write the channels of samples as grey PNGs, ID_CHANNEL.png. A sample some of whose channels have failed becomes a dead " +
			"letter that tells why, after its other channels are written. What an earlier run has left in another folder is copied. " +
			"A sample all of whose files are there is complete.",
		In: component.Takes(edges.Channels),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Sole: true, Holds: []component.Content{component.Pictures}, Doc: "folder of the files, made if need be"},
			{Name: "channels", Type: component.Strings, Default: data.Colours[:], Doc: "the channels of a complete sample"},
		},
		ByUnit: results.FolderByUnit("dir"),
		Build: func(n *component.Node) (component.Output, error) {
			flow.ToParallel(component.In[*data.Channels](n, "in"), n.Stage(), &channelFiles{
				Folder: results.NewFolder(n, n.Args.String("dir")), channels: n.Args.Strings("channels"),
			})
			return nil, nil
		},
	}
}

// channelFiles writes every file by itself, synced: what came over a network
// is not to be lost with a batch.
type channelFiles struct {
	*results.Folder
	channels []string
}

func (s *channelFiles) Open(context.Context) error { return s.Folder.Open() }

// Complete says whether all files of a sample are in the folder.
func (s *channelFiles) Complete(id string) bool {
	complete, err := s.CompleteFrom(id, nil)
	return complete && err == nil
}

// CompleteFrom is Complete; what a server has is not known before it is got.
func (s *channelFiles) CompleteFrom(id string, _ flow.Origin) (bool, error) {
	return s.Folder.Complete(id, nil, s.names(id)...)
}

func (s *channelFiles) names(id string) []string {
	names := make([]string, len(s.channels))
	for i, channel := range s.channels {
		names[i] = id + "_" + channel + ".png"
	}
	return names
}

func (s *channelFiles) Write(_ context.Context, r flow.Record[*data.Channels]) error {
	files := map[string][]byte{}
	var names []string
	var kept int64 // bytes of the files that an earlier run has left
	for _, ch := range r.Value.List {
		if ch.Err != nil {
			continue
		}
		if ch.Kept && s.has(ch.File.Name) {
			if info, err := os.Stat(ch.File.Name); err == nil {
				kept += info.Size()
			}
			continue
		}
		name := r.Value.ID + "_" + ch.Name + ".png"
		if err := atomicfile.CheckName(name); err != nil {
			return flow.OfRecord(err)
		}
		content, err := contentOf(ch)
		if err != nil {
			return flow.OfRecord(err)
		}
		files[name], names = content, append(names, name)
	}
	fault := r.Value.Fault()
	if err := s.write(r.Value.ID, kept, names, files, fault == nil); err != nil {
		return err
	}
	if fault != nil {
		return flow.OfRecord(fault)
	}
	return nil
}

// has says that a file is in the sink's own folder. What an earlier run has left
// elsewhere is copied: the unit of a worker that was killed may have published it
// and be done again, and only what a unit's record names is there to stay.
func (s *channelFiles) has(name string) bool { return filepath.Dir(name) == filepath.Clean(s.Dir) }

// contentOf is the file of a channel.
func contentOf(ch data.Channel) ([]byte, error) {
	if ch.Kept {
		return os.ReadFile(ch.File.Name)
	}
	var b bytes.Buffer
	err := codec.EncodeRGBY(&b, ch.Image)
	return b.Bytes(), err
}

// write makes the files appear. The result is entered as complete with the last
// one, if none is missing.
func (s *channelFiles) write(id string, kept int64, names []string, files map[string][]byte, all bool) error {
	if len(names) == 0 && all {
		return s.Enter(id, 0, kept)
	}
	expected := names
	if !all {
		expected = append(slices.Clone(names), "") // which does not come
	}
	if err := s.BeginAfter(kept, id, 0, expected...); err != nil {
		return err
	}
	for _, name := range names {
		err := s.Folder.Write(name, files[name])
		if atomicfile.OfName(err) {
			return flow.OfRecord(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *channelFiles) Commit(context.Context) error { return s.Close(true) }
func (s *channelFiles) Abort() error                 { return s.Close(false) }
