package embed

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/embed"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func attentionSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "attention_maps",
		Doc: "Draw what the network looked at: ID_attention_map.png, the heads beside each other, each at the image's size and stretched from black to white.",
		In:  component.Takes(edges.Embedding),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Sole: true, Doc: "folder of the pictures, made if need be"},
		},
		ByUnit: results.FolderByUnit("dir"),
		Build: func(n *component.Node) (component.Output, error) {
			s := newFiles(n, n.Args.String("dir"), func(key string) []string { return []string{key + "_attention_map.png"} },
				func(e *embed.Embedding) ([][]byte, error) {
					b, err := embed.EncodeAttention(e)
					return [][]byte{b}, err
				})
			flow.To(component.In[*embed.Embedding](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// arrayNames and arrays are the files of NAME.npy.
func arrayNames(key string) []string {
	return []string{key + "_embedding.npy", key + "_probabilities.npy"}
}

func arrays(t embed.DType) func(*embed.Embedding) ([][]byte, error) {
	return func(e *embed.Embedding) ([][]byte, error) {
		return [][]byte{embed.EncodeNPY(e.Features, t), embed.EncodeNPY(e.Probabilities, embed.Float32)}, nil
	}
}

// files writes some files of each cell into a folder.
type files struct {
	*results.Folder
	names  func(key string) []string
	encode func(*embed.Embedding) ([][]byte, error)
	group  *atomicfile.Group
	swept  map[string]bool // folders below
}

func newFiles(n *component.Node, dir string, names func(string) []string, encode func(*embed.Embedding) ([][]byte, error)) *files {
	return &files{Folder: results.NewFolder(n, dir), names: names, encode: encode, swept: map[string]bool{}}
}

func (s *files) Open(context.Context) error {
	s.group = s.Folder.Group()
	return s.Folder.Open()
}

func (s *files) Complete(key string) bool {
	complete, err := s.CompleteFrom(key, nil)
	return complete && err == nil
}

func (s *files) CompleteFrom(key string, from flow.Origin) (bool, error) {
	if dir := path.Dir(key); dir != "." && !s.swept[dir] { // of what a killed run has left there
		s.swept[dir] = true
		_ = atomicfile.Sweep(atomicfile.OS, filepath.Join(s.Dir, dir)) // whoever writes there finds out why it is not to be had
	}
	return s.Folder.Complete(key, from, s.names(key)...)
}

func (s *files) Write(_ context.Context, r flow.Record[*embed.Embedding]) error {
	key, names := r.Value.ID, s.names(r.Value.ID)
	for _, name := range names {
		if err := atomicfile.CheckPath(name); err != nil {
			return flow.OfRecord(err)
		}
	}
	contents, err := s.encode(r.Value)
	if err != nil {
		return err
	}
	if dir := path.Dir(key); dir != "." {
		if err := os.MkdirAll(filepath.Join(s.Dir, dir), 0o777); err != nil {
			return flow.OfRecord(err)
		}
	}
	if err := s.Begin(key, r.Value.Sum, names...); err != nil {
		return err
	}
	for i, name := range names {
		if err := s.group.Add(name, contents[i]); err != nil {
			if atomicfile.OfName(err) {
				return flow.OfRecord(err)
			}
			return err
		}
	}
	return nil
}

func (s *files) Commit(context.Context) error {
	err := s.group.Flush()
	return errors.Join(err, s.Close(err == nil))
}

func (s *files) Abort() error { return errors.Join(s.group.Abort(), s.Close(false)) }
