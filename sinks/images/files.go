package images

import (
	"context"
	"io"
	"path"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func filesSpec(stdout io.Writer) *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "files", Parallel: true,
		Doc: "Write encoded images into a folder, those of a key with folders (plate/ID) into folders in it. A file that is there " +
			"already counts as complete: its sample is not worked on again.",
		In: component.Takes(edges.File),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Sole: true, Stdio: true, Doc: `folder of the files, made if need be; "-" writes a tar stream to standard output`},
		},
		Build: func(n *component.Node) (component.Output, error) {
			records := component.In[data.File](n, "in")
			if dir := n.Args.String("dir"); dir != "-" {
				flow.ToParallel(records, n.Stage(), &filesSink{dir: dir})
			} else {
				flow.To(records, n.Stage(), newTarSink(stdout))
			}
			return nil, nil
		},
	}
}

// filesSink writes each record as a file of its own.
type filesSink struct {
	dir      string
	unlock   func() error
	group    *atomicfile.Group
	complete map[string]bool // names that were there at the start
	below    folders
}

func (s *filesSink) Open(context.Context) (err error) {
	s.group = atomicfile.NewGroup(atomicfile.OS, s.dir)
	s.below = folders{root: s.dir}
	s.unlock, s.complete, err = atomicfile.OpenFolder(s.dir)
	return err
}

// Complete says whether the sample's image is in the folder.
func (s *filesSink) Complete(key string) bool {
	dir, name := path.Split(key + ".png")
	if dir == "" {
		return s.complete[name]
	}
	return s.below.has(dir, name)
}

func (s *filesSink) Write(_ context.Context, r flow.Record[data.File]) error {
	name := r.Value.Name
	if err := atomicfile.CheckPath(name); err != nil {
		return flow.OfRecord(err)
	}
	if dir := path.Dir(name); dir != "." {
		if err := s.below.make(dir); err != nil {
			return flow.OfRecord(err)
		}
	}
	return s.group.Add(name, r.Value.Data)
}

func (s *filesSink) Commit(context.Context) error {
	if err := s.group.Flush(); err != nil {
		s.unlock()
		return err
	}
	return s.unlock()
}

func (s *filesSink) Abort() error {
	defer s.unlock()
	return s.group.Abort()
}
