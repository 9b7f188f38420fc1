package ome

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"hpaflow/data/store"
)

// mostAttributes is the largest metadata of a group that are read. A plate of 1536
// wells has 100 KB of them, and those of all that is in it where they are consolidated.
const mostAttributes = 64 << 20

// The files of metadata.
const (
	file2  = ".zattrs"
	group2 = ".zgroup"
	array2 = ".zarray"
	file3  = "zarr.json"
)

// group is what the attributes of a group say, as far as it is of an OME-Zarr.
type group struct {
	file    string // that has them
	version int    // of Zarr

	Version     string          `json:"version"`
	Multiscales []multiscale    `json:"multiscales"`
	Plate       *plate          `json:"plate"`
	Well        *well           `json:"well"`
	Omero       *omero          `json:"omero"`
	Layout      int             `json:"bioformats2raw.layout"`
	Series      []string        `json:"series"`
	Mask        json.RawMessage `json:"image-label"`
}

type multiscale struct {
	Version  string `json:"version"`
	Name     string `json:"name"`
	Axes     []axis `json:"axes"`
	Datasets []struct {
		Path string `json:"path"`
	} `json:"datasets"`
}

// axis has a type as well since 0.4; before, it was a name.
type axis struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// UnmarshalJSON takes a name alone as well.
func (a *axis) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &a.Name) == nil {
		return nil
	}
	type plain axis
	return json.Unmarshal(b, (*plain)(a))
}

type plate struct {
	Version string `json:"version"`
	Wells   []struct {
		Path string `json:"path"`
	} `json:"wells"`
}

type well struct {
	Version string `json:"version"`
	Images  []struct {
		Path string `json:"path"`
	} `json:"images"`
}

type omero struct {
	Channels []struct {
		Label string `json:"label"`
	} `json:"channels"`
}

// errNone says that a path has no group.
var errNone = fmt.Errorf("no group of Zarr: there is neither a %s nor a %s or %s: %w", file3, file2, group2, fs.ErrNotExist)

// open reads the attributes of the group at a path.
func open(ctx context.Context, s store.Store, at string) (*group, error) {
	g := &group{file: path.Join(at, file3), version: 3}
	b, _, err := store.ReadAll(ctx, s, g.file, mostAttributes)
	if err == nil {
		return g, g.read3(s, b)
	}
	if !missing(err) {
		return nil, err
	}
	g = &group{file: path.Join(at, file2), version: 2}
	b, _, err = store.ReadAll(ctx, s, g.file, mostAttributes)
	if errors.Is(err, fs.ErrNotExist) { // a group may have none
		if _, err = s.Stat(ctx, path.Join(at, group2)); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return g, err
		}
		if err := array(ctx, s, at); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w", s.URL(at), errNone)
	}
	if err == nil {
		err = g.decode(s, b, "")
	}
	return g, err
}

// array is the error of an array of version 2 where a group should be; nil: it is none.
func array(ctx context.Context, s store.Store, at string) error {
	if _, err := s.Stat(ctx, path.Join(at, array2)); err != nil {
		return nil
	}
	return fmt.Errorf("%s: is an array of Zarr, and no group; give the group that it is in", s.URL(at))
}

// read3 reads a zarr.json: NGFF stands under attributes: ome.
func (g *group) read3(s store.Store, b []byte) error {
	var node struct {
		Type       string `json:"node_type"`
		Attributes struct {
			OME json.RawMessage `json:"ome"`
		} `json:"attributes"`
	}
	if err := json.Unmarshal(b, &node); err != nil {
		return g.errorf(s, "", "%w", err)
	}
	if node.Type != "group" {
		return g.errorf(s, "node_type", "%.20q is no group; give the group that it is in", node.Type)
	}
	if len(node.Attributes.OME) == 0 {
		return nil
	}
	return g.decode(s, node.Attributes.OME, "attributes.ome.")
}

func (g *group) decode(s store.Store, b []byte, within string) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(g); err != nil {
		if at, is := errors.AsType[*json.UnmarshalTypeError](err); is {
			return g.errorf(s, within+at.Field, "is %s, where something else should stand", at.Value)
		}
		return g.errorf(s, strings.TrimSuffix(within, "."), "%w", err)
	}
	versions := []string{g.Version}
	for _, m := range g.Multiscales {
		versions = append(versions, m.Version)
	}
	if g.Plate != nil {
		versions = append(versions, g.Plate.Version)
	}
	if g.Well != nil {
		versions = append(versions, g.Well.Version)
	}
	for _, v := range versions {
		if v == "" || len(v) >= 3 && v[:2] == "0." && v[2] >= '1' && v[2] <= '5' && (len(v) == 3 || v[3] < '0' || v[3] > '9') {
			continue
		}
		return g.errorf(s, within+"version", "%.20q of OME-Zarr is not read; 0.1 to 0.5 are", v)
	}
	return nil
}

// errorf is an error that names the file and the key.
func (g *group) errorf(s store.Store, key, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if key != "" {
		err = fmt.Errorf("%s: %w", key, err)
	}
	return fmt.Errorf("%s: %w", s.URL(g.file), err)
}

// below is a path in a group's metadata, from the top.
func (g *group) below(s store.Store, at, key, to string) (string, error) {
	clean := strings.TrimSuffix(to, "/")
	if err := store.CheckKey(clean); err != nil || clean == "" {
		return "", g.errorf(s, key, "%.60q leads nowhere below", to)
	}
	return path.Join(at, clean), nil
}

// Is says whether there is a Zarr at the top of a store, whatever is in it.
func Is(ctx context.Context, s store.Store) (bool, error) {
	for _, name := range []string{file3, file2, group2, array2} {
		_, err := s.Stat(ctx, name)
		if err == nil {
			return true, nil
		}
		if !missing(err) {
			return false, err
		}
	}
	return false, nil
}

// missing says that there is no such file of metadata, or that a store does not tell:
// buckets that may not be listed deny what they have not.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}
