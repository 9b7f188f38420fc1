package images

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func filesSpec(stdout io.Writer) *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "files", Parallel: true,
		Doc: "Write encoded images into a folder, those of a key with folders (plate/ID) into folders in it. A file that is there already, " +
			"made from the same images with the same settings, counts as complete: its sample is not worked on again. DIR/.run has what " +
			"each was made from; a file that nothing is recorded of counts as complete too.",
		In: component.Takes(edges.File),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Sole: true, Stdio: true, Holds: []component.Content{component.Pictures}, Doc: `folder of the files, made if need be; "-" writes a tar stream to standard output`},
		},
		ByUnit: filesByUnit(),
		Build: func(n *component.Node) (component.Output, error) {
			records := component.In[data.File](n, "in")
			if dir := n.Args.String("dir"); dir != "-" {
				s := &filesSink{Folder: results.NewFolder(n, dir), ending: imageExt}
				for _, ending := range flow.Told[edges.Ending](records) {
					s.ending = string(ending)
				}
				flow.ToParallel(records, n.Stage(), s)
			} else {
				flow.To(records, n.Stage(), newTarSink(stdout))
			}
			return nil, nil
		},
	}
}

// filesByUnit is of a folder; a stream has no place for units.
func filesByUnit() *component.ByUnit {
	b := results.FolderByUnit("dir")
	b.Check = func(a component.Args, _ int, _ int64) error {
		if a.String("dir") == "-" {
			return errors.New("a stream cannot be written by units; give a folder")
		}
		return nil
	}
	return b
}

// filesSink writes each record as a file of its own, KEY.png or KEY.ome.tif.
type filesSink struct {
	*results.Folder
	ending string
	group  *atomicfile.Group
	below  folders
}

// imageExt is how files end of which nobody says.
const imageExt = ".png"

func (s *filesSink) Open(context.Context) error {
	s.group = s.Folder.Group()
	s.below = folders{root: s.Dir}
	return s.Folder.Open()
}

// Complete says whether the sample's image is in the folder, of whatever images.
func (s *filesSink) Complete(key string) bool {
	complete, err := s.CompleteFrom(key, nil)
	return complete && err == nil
}

// CompleteFrom says whether it is there, and made from these images.
func (s *filesSink) CompleteFrom(key string, from flow.Origin) (bool, error) {
	if dir := path.Dir(key); dir != "." {
		s.below.enter(dir)
	}
	return s.Folder.Complete(key, from, key+s.ending)
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
	if err := s.Begin(strings.TrimSuffix(name, s.ending), r.Value.Sum, name); err != nil {
		return err
	}
	err := s.group.Add(name, r.Value.Data)
	if atomicfile.OfName(err) {
		return flow.OfRecord(err)
	}
	return err
}

func (s *filesSink) Commit(context.Context) error {
	err := s.group.Flush()
	return errors.Join(err, s.Close(err == nil))
}

// Abort leaves the images that are whole: the next run goes on after them.
func (s *filesSink) Abort() error { return errors.Join(s.group.Leave(), s.Close(false)) }
