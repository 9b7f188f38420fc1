package crops

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/crops"
	"hpaflow/data/provenance"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/images"
)

// How cells at the border of a field are taken.
const (
	keepBorder = "keep"
	dropBorder = "drop"
)

// maskFields say where masks are, and which of their cells are taken.
func maskFields() []component.Field {
	return []component.Field{
		{Name: "masks", Type: component.InputAny, Doc: "folder of label images, ID_cp_masks.png and so on (PNG or TIFF of 8, 16 or 32 bits, 0 where there is no cell), " +
			"with keys = \"path\" in folders as the images; or a submission to the challenge of 2021, NAME.csv with ID, ImageWidth, ImageHeight, PredictionString, whose cells are numbered from 1"},
		{Name: "mask_suffix", Type: component.Strings, Default: crops.Suffixes,
			Doc: "what stands behind the Id in a mask's name, or behind ID_COLOUR: any of these, of which one must be there; an empty one is tried last"},
		{Name: "min_area", Type: component.Int, Default: 1, Min: 1, Max: codec.MaxPixels, Doc: "smaller cells are passed over; in pixels"},
		{Name: "max_area", Type: component.Int, Default: 0, Min: 0, Max: codec.MaxPixels, Doc: "larger cells are passed over; in pixels; 0: none"},
		{Name: "border", Type: component.String, Default: keepBorder, Choices: []string{keepBorder, dropBorder}, Doc: "whether cells that touch the border of their field are kept, or dropped"},
		{Name: "max_cells", Type: component.Int, Default: crops.MostCells, Min: 1, Max: 1 << 24, Bears: component.NoBearing, Doc: "cells of a mask, at most; one with more is a dead letter"},
	}
}

func checkMasks(a component.Args) []component.FieldFault {
	if most := a.Int("max_area"); most > 0 && most < a.Int("min_area") {
		return []component.FieldFault{{Field: "max_area", Fault: fmt.Sprintf("is %d, less than min_area = %d", most, a.Int("min_area"))}}
	}
	return nil
}

// masks are those of a node: of a folder, or of a table.
type masks struct {
	path   string
	folder *crops.Folder
	table  *crops.Table
	wanted crops.Wanted
	most   int
	limits component.Limits

	fields, found atomic.Int64 // that were looked for
	once          sync.Once
	missing       error // the first
}

func openMasks(n *component.Node) (*masks, error) {
	a := n.Args
	m := &masks{
		path: a.String("masks"), most: a.Int("max_cells"), limits: n.Limits(),
		wanted: crops.Wanted{MinArea: a.Int("min_area"), MaxArea: a.Int("max_area"), Whole: a.String("border") == dropBorder},
	}
	info, err := os.Stat(m.path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		m.folder = crops.OpenFolder(m.path, a.Strings("mask_suffix"))
		return m, nil
	}
	m.table, err = component.Once(n, "masks", func() (*crops.Table, error) { return crops.ReadTable(m.path, table.Limit(n.Limits().MaxRows)) })
	return m, err
}

// of reads a field's mask, and the digest of what it is made from.
func (m *masks) of(ctx context.Context, key string) (mask *crops.Mask, sum uint64, err error) {
	if m.table != nil {
		mask, err := m.table.Mask(key, m.most)
		if err != nil {
			return nil, 0, flow.OfFile(m.path, err)
		}
		return mask, m.textSum(key), nil
	}
	f, err := m.folder.Find(key)
	if err != nil {
		return nil, 0, err
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	r := images.NewReading(ctx, m.limits)
	r.Choice = codec.WholeRange // as a header's claim has it; labels stay as they are
	content, err := r.File(f, buffer)
	if err == nil {
		var digest provenance.Sum
		digest.Add(f.Channel, content)
		sum = digest.Value()
		mask, err = m.decode(r, f, content)
	}
	if err != nil {
		return nil, 0, flow.OfFile(f.Name, fmt.Errorf("the mask: %w", err))
	}
	return mask, sum, nil
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// labelPlanes is how many planes of a label image's depth its labels take, and
// itself.
const labelPlanes = 5

func (m *masks) decode(r *images.Reading, f data.File, content []byte) (*crops.Mask, error) {
	content, err := r.Unpacked(f, content)
	if err == nil {
		err = r.Admit(f, content, labelPlanes)
	}
	if err != nil {
		return nil, err
	}
	im, err := codec.DecodeLabels(f.Name, content)
	if err != nil {
		return nil, err
	}
	return crops.OfLabels(im, m.most)
}

// ofSample reads the mask of a sample, and counts those that have none.
func (m *masks) ofSample(ctx context.Context, s *data.Sample) (*crops.Mask, uint64, error) {
	m.fields.Add(1)
	mask, sum, err := m.of(ctx, s.ID)
	var missing *crops.MissingError
	if errors.As(err, &missing) {
		m.once.Do(func() { m.missing = err })
		return nil, 0, err
	}
	m.found.Add(1)
	return mask, sum, err
}

// none is the error of a run in which no sample had a mask: they are elsewhere, or
// called otherwise.
func (m *masks) none() error {
	if m.fields.Load() == 0 || m.found.Load() > 0 || m.limits.AllowEmpty {
		return nil
	}
	return &component.InputError{Err: fmt.Errorf("none of %d samples has a mask in %s; of the first: %w", m.fields.Load(), m.path, m.missing)}
}

// origin is what a field's crops are made from.
type origin struct{ field, mask flow.Origin }

func (o origin) Shortcut() uint64 {
	field, mask := o.field.Shortcut(), o.mask.Shortcut()
	if field == 0 || mask == 0 {
		return 0
	}
	return together(field, mask)
}

func (o origin) Digest() (uint64, error) {
	field, err := o.field.Digest()
	if err != nil {
		return 0, err
	}
	mask, err := o.mask.Digest()
	return together(field, mask), err
}

// together is the digest of a field's crops, 0 where the field's is not known.
func together(field, mask uint64) uint64 {
	if field == 0 {
		return 0
	}
	var sum provenance.Sum
	sum.AddXXH64("field", field)
	sum.AddXXH64("mask", mask)
	return sum.Value()
}

// several tells which cells there will be of a field.
func (m *masks) several(ctx context.Context, key string, from flow.Origin) (keys []string, each flow.Origin, err error) {
	mask, _, err := m.of(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range mask.Choose(m.wanted) {
		keys = append(keys, crops.Key(key, c.Label))
	}
	if from != nil {
		each = origin{from, m.maskOrigin(key)}
	}
	return keys, each, nil
}

func (m *masks) maskOrigin(key string) flow.Origin {
	if m.table != nil {
		return provenance.Known(m.textSum(key))
	}
	f, _ := m.folder.Find(key) // which it has just been read from
	return provenance.Files{f}
}

// fileOf is the file that a field's mask is read from.
func (m *masks) fileOf(key string) string {
	if m.table != nil {
		return m.path
	}
	f, _ := m.folder.Find(key) // which it has just been read from
	return f.Name
}

// textSum is the digest of a field's row of a table.
func (m *masks) textSum(key string) uint64 {
	var sum provenance.Sum
	sum.Add("mask", []byte(m.table.Text(key)))
	return sum.Value()
}
