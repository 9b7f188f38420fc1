package cells

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/codec"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func rawImagesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "raw_images", Parallel: true,
		Doc: "Write the planes of samples as grey PNGs of their own, DIR/SPLIT/ID_red.png and so on; the splits are the folders. " +
			"A sample whose files are all there is not worked on again.",
		In: component.Takes(edges.Sample),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the splits' folders"},
			{Name: "splits", Type: component.Strings, Default: []string{"train", "external", "test"}, Doc: "the splits there may be"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &rawImages{dir: n.Args.String("dir"), folders: map[string]*rawFolder{}}
			for _, split := range n.Args.Strings("splits") {
				if err := atomicfile.CheckName(split); err != nil {
					return nil, err
				}
				s.folders[split] = &rawFolder{}
			}
			flow.ToParallel(component.In[*data.Sample](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

type rawImages struct {
	dir     string
	folders map[string]*rawFolder // by split
}

type rawFolder struct {
	unlock func() error
	there  map[string]bool // names of files, when the run began
	group  *atomicfile.Group
}

func (s *rawImages) Open(context.Context) (err error) {
	for split, f := range s.folders {
		dir := filepath.Join(s.dir, split)
		if f.unlock, f.there, err = atomicfile.OpenFolder(dir); err != nil {
			return errors.Join(err, s.unlock())
		}
		f.group = atomicfile.NewGroup(atomicfile.OS, dir)
	}
	return nil
}

// Complete says whether all four channels of the sample are in one of the
// folders.
func (s *rawImages) Complete(key string) bool {
	for _, f := range s.folders {
		if !slices.ContainsFunc(data.Colours[:], func(colour string) bool { return !f.there[rawName(key, colour)] }) {
			return true
		}
	}
	return false
}

func rawName(id, colour string) string { return id + "_" + colour + ".png" }

func (s *rawImages) Write(_ context.Context, r flow.Record[*data.Sample]) error {
	im := r.Value.Image
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
	for i, colour := range data.Colours {
		var b bytes.Buffer
		plane := &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[i : i+1]}
		if err := codec.EncodeRGBY(&b, plane); err != nil {
			return flow.OfRecord(fmt.Errorf("%s plane: %w", colour, err))
		}
		if err := folder.group.Add(rawName(r.Value.ID, colour), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func (s *rawImages) Commit(context.Context) error {
	var faults []error
	for _, f := range s.folders {
		faults = append(faults, f.group.Flush())
	}
	return errors.Join(append(faults, s.unlock())...)
}

func (s *rawImages) Abort() error {
	var faults []error
	for _, f := range s.folders {
		faults = append(faults, f.group.Abort())
	}
	return errors.Join(append(faults, s.unlock())...)
}

// unlock gives back the folders that were locked.
func (s *rawImages) unlock() error {
	var faults []error
	for _, f := range s.folders {
		if f.unlock != nil {
			faults = append(faults, f.unlock())
			f.unlock = nil
		}
	}
	return errors.Join(faults...)
}
