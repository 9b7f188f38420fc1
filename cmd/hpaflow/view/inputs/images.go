package inputs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/names"
	"hpaflow/data/regular"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources/images"
)

// folder is the samples of a folder of images, as a source of flows lists them.
type folder struct {
	samples []*data.Sample
	lost    []flow.DeadLetter
	note    string
}

// listFolder lists a folder: by the pattern that most of its names have, if that tells of
// channels, or as images of all planes.
func listFolder(ctx context.Context, dir string, reg *component.Registry) (*folder, error) {
	survey, err := images.Look(ctx, images.SurveyOptions{Path: dir})
	if err != nil {
		return nil, err
	}
	if survey.Whole == 0 || !aPlaneEach(dir, survey) {
		return runSource(ctx, reg, "rgby", component.Args{"dir": dir})
	}
	args := component.Args{"dir": dir, "pattern": survey.Pattern}
	if survey.Ready != "" {
		args["pattern"] = survey.Ready
	}
	var channels []string
	for _, p := range survey.Planes {
		if p.Name == p.Value {
			channels = append(channels, p.Name)
		} else {
			channels = append(channels, p.Name+"="+p.Value)
		}
	}
	args["channels"] = channels
	if survey.Paths {
		args["keys"] = component.KeysPath
	}
	f, err := runSource(ctx, reg, "channels", args)
	if err == nil {
		f.note = "by the pattern " + survey.Pattern
	}
	return f, err
}

// aPlaneEach says whether the files of a folder hold a plane each: their names tell of
// colours, or the first of them that can be read is grey. ID.png, of an Id with "_", has a
// name like a plane's.
func aPlaneEach(dir string, survey *images.Survey) bool {
	if slices.ContainsFunc(survey.Planes, func(p images.SurveyPlane) bool { return slices.Contains(data.Colours[:], p.Name) }) {
		return true
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return true // which whoever reads it tells
	}
	for _, e := range entries {
		if !names.OfImage(e.Name()) || e.IsDir() {
			continue
		}
		b, err := regular.Read(filepath.Join(dir, e.Name()), mostLooked)
		if err != nil {
			continue
		}
		if claim, err := codec.ReadClaim(e.Name(), b); err == nil {
			return claim.Channels == 1
		}
	}
	return true
}

// mostLooked is how large an image is at most that is looked at to see what a folder holds.
const mostLooked = 256 << 20

// runSource runs a source and keeps what it yields, and what it has lost.
func runSource(ctx context.Context, reg *component.Registry, name string, given component.Args) (*folder, error) {
	spec, known := reg.Lookup(flow.KindSource, name)
	if !known {
		return nil, fmt.Errorf("there is no source %q", name)
	}
	args := component.Args{}
	for _, field := range spec.AllFields() {
		args[field.Name] = field.Default
	}
	for key, value := range given {
		args[key] = value
	}
	g := flow.New(flow.Options{Name: "view", OnError: flow.OnErrorSkip})
	g.KeepLetters()
	out, err := spec.Build(&component.Node{Graph: g, Spec: spec, Name: name, Args: args})
	if err != nil {
		return nil, err
	}
	samples, ok := out.(flow.Out[*data.Sample])
	if !ok {
		return nil, fmt.Errorf("source %q yields no samples", name)
	}
	f := &folder{}
	flow.Collect(samples, flow.Stage{Name: "list"}, &f.samples)
	err = g.Run(ctx)
	f.lost = g.Letters()
	if err != nil && len(f.samples)+len(f.lost) > 0 && ctx.Err() == nil {
		f.note, err = err.Error(), nil
	}
	return f, err
}

// Sample is that of an image of an input, with its files.
func (in *Input) Sample(ctx context.Context, image int) (*data.Sample, error) {
	switch {
	case in.shards != nil:
		entries := in.shards.Entries()
		if image < 0 || image >= len(entries) {
			return nil, errors.New("there is no such image")
		}
		e := entries[image]
		file, err := in.shards.FileContext(ctx, e.Key)
		if err != nil {
			return nil, err
		}
		return &data.Sample{ID: e.Key, Files: []data.File{file}}, nil
	case in.images != nil && image >= 0 && image < len(in.images.samples):
		return in.images.samples[image], nil
	}
	return nil, errors.New("there is no such image")
}

// Where says where an image is, for people.
func (in *Input) Where(image int) []string {
	switch {
	case in.shards != nil:
		if entries := in.shards.Entries(); image >= 0 && image < len(entries) {
			e := entries[image]
			return []string{fmt.Sprintf("%s: %s, %d bytes from %d, XXH64 %016x", in.Name, e.Shard, e.Length, e.Offset, e.Checksum)}
		}
	case in.images != nil && image >= 0 && image < len(in.images.samples):
		var list []string
		for _, f := range in.images.samples[image].Files {
			list = append(list, f.Name)
		}
		return list
	}
	return nil
}

// Close closes files that are held open.
func (in *Input) Close() error {
	if c := io.Closer(in.shards); in.shards != nil {
		return c.Close()
	}
	return nil
}
