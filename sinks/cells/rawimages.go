package cells

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
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

func rawImagesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "raw_images", Parallel: true,
		Doc: "Write the planes of samples as grey PNGs of their own, DIR/SPLIT/ID_red.png and so on; the splits are the folders. " +
			"A sample whose files are all there is not worked on again.",
		In: component.Takes(edges.Planes),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the splits' folders"},
			{Name: "splits", Type: component.Strings, Default: []string{"train", "external", "test"}, Doc: "the splits there may be"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &rawImages{folders: map[string]*rawFolder{}}
			for _, split := range n.Args.Strings("splits") {
				if err := atomicfile.CheckName(split); err != nil {
					return nil, err
				}
				folder := results.NewFolder(n, filepath.Join(n.Args.String("dir"), split))
				s.folders[split] = &rawFolder{Folder: folder, group: folder.Group()}
			}
			flow.ToParallel(component.In[*data.Sample](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

type rawImages struct {
	folders map[string]*rawFolder // by split
}

type rawFolder struct {
	*results.Folder
	group *atomicfile.Group
}

// Lock locks all folders.
func (s *rawImages) Lock() (unlock func() error, err error) {
	var locks []func() (func() error, error)
	for _, split := range slices.Sorted(maps.Keys(s.folders)) {
		locks = append(locks, s.folders[split].Lock)
	}
	return flow.LockAll(locks...)
}

func (s *rawImages) Open(context.Context) error {
	for _, f := range s.folders {
		if err := f.Open(); err != nil {
			return err
		}
	}
	return nil
}

// Complete says whether all four channels of the sample are in one of the
// folders.
func (s *rawImages) Complete(key string) bool {
	complete, err := s.CompleteFrom(key, nil)
	return complete && err == nil
}

// CompleteFrom says whether they are there, drawn with the same settings.
func (s *rawImages) CompleteFrom(key string, from flow.Origin) (bool, error) {
	for _, f := range s.folders {
		if complete, err := f.Complete(key, from, rawNames(key)...); complete || err != nil {
			return complete, err
		}
	}
	return false, nil
}

func rawNames(id string) []string {
	names := make([]string, len(data.Colours))
	for i, colour := range data.Colours {
		names[i] = id + "_" + colour + ".png"
	}
	return names
}

func (s *rawImages) Write(_ context.Context, r flow.Record[*data.Sample]) error {
	im, err := r.Value.Pixels()
	if err != nil {
		return flow.OfRecord(err)
	}
	folder := s.folders[r.Value.Split]
	if folder == nil {
		return flow.OfRecord(fmt.Errorf("its split %q is none of those that are written", r.Value.Split))
	}
	if err := data.CheckID(r.Value.ID); err != nil {
		return flow.OfRecord(err)
	}
	if len(im.Planes) != len(data.Colours) {
		return flow.OfRecord(fmt.Errorf("the image has %d planes, want %d", len(im.Planes), len(data.Colours)))
	}
	names := rawNames(r.Value.ID)
	if err := folder.Begin(r.Value.ID, r.Value.Sum, names...); err != nil {
		return err
	}
	for i, colour := range data.Colours {
		var b bytes.Buffer
		plane := &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[i : i+1]}
		if err := codec.EncodeRGBY(&b, plane); err != nil {
			return flow.OfRecord(fmt.Errorf("%s plane: %w", colour, err))
		}
		err := folder.group.Add(names[i], b.Bytes())
		if atomicfile.OfName(err) {
			return flow.OfRecord(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *rawImages) Commit(context.Context) error {
	var faults []error
	for _, f := range s.folders {
		err := f.group.Flush()
		faults = append(faults, err, f.Close(err == nil))
	}
	return errors.Join(faults...)
}

func (s *rawImages) Abort() error {
	var faults []error
	for _, f := range s.folders {
		faults = append(faults, f.group.Abort(), f.Close(false))
	}
	return errors.Join(faults...)
}
