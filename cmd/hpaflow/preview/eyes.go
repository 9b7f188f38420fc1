package preview

import (
	"bytes"
	"fmt"
	"image/png"
	"reflect"
	"strings"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/data"
	"hpaflow/data/shards"
	"hpaflow/models/checkpoint"
	"hpaflow/sinks/report"
)

// Eyes are live.Eyes for all types of edges that there are.
type Eyes struct{}

// side is how large a picture is shown, in pixels; mostFile is the largest file
// that is copied to be shown.
const (
	side     = 192
	mostFile = 4 << 20
)

// Shows implements live.Eyes.
func (Eyes) Shows(t reflect.Type) string {
	switch t {
	case nil:
		return ""
	case reflect.TypeFor[*data.Sample](), reflect.TypeFor[*data.Channels](), reflect.TypeFor[*data.Batch](), reflect.TypeFor[data.File]():
		return live.Pictures
	}
	return live.Values
}

// Copy implements live.Eyes.
func (Eyes) Copy(value any) func() live.Seen {
	switch v := value.(type) {
	case *data.Sample:
		return sample(v)
	case *data.Channels:
		return channels(v)
	case *data.Batch:
		return batch(v)
	case data.File:
		return file(v)
	case shards.Frame:
		return text(fmt.Sprintf("%s, %d bytes packed, %d unpacked", v.Key, len(v.Packed), v.Raw))
	case *data.Prediction:
		return text(prediction(v))
	}
	return text(describe(value))
}

func text(line string) func() live.Seen { return func() live.Seen { return live.Seen{Text: line} } }

// pictured shows an image, which is small and nobody else's.
func pictured(im *data.Image, names []string, line string) func() live.Seen {
	return func() live.Seen {
		var b bytes.Buffer
		if err := png.Encode(&b, report.Thumbnail(im, names, side)); err != nil {
			return live.Seen{Text: line + "; " + err.Error()}
		}
		return live.Seen{Text: line, PNG: b.Bytes()}
	}
}

func sample(s *data.Sample) func() live.Seen {
	var parts []string
	if s.Labeled {
		parts = append(parts, "labels "+s.Labels.String())
	}
	if s.Image == nil {
		for _, f := range s.Files {
			parts = append(parts, f.Name)
		}
		return text(strings.Join(parts, ", "))
	}
	return pictured(small(s.Image), s.Planes, strings.Join(append(parts, size(s.Image)), ", "))
}

func channels(c *data.Channels) func() live.Seen {
	var shown *data.Image
	var names []string
	for _, ch := range c.List {
		if ch.Image == nil || len(ch.Image.Planes) == 0 {
			continue
		}
		im := small(ch.Image)
		if shown == nil {
			shown = &data.Image{Width: im.Width, Height: im.Height}
		}
		if im.Width == shown.Width && im.Height == shown.Height {
			shown.Planes, names = append(shown.Planes, im.Planes[0]), append(names, ch.Name)
		}
	}
	if shown == nil {
		return text(fmt.Sprintf("%d channels", len(c.List)))
	}
	return pictured(shown, names, "channels "+strings.Join(names, ", "))
}

// file shows what is encoded in memory, if it is a PNG.
func file(f data.File) func() live.Seen {
	line := fmt.Sprintf("%s, %d bytes", f.Name, len(f.Data))
	if len(f.Data) == 0 || len(f.Data) > mostFile {
		return text(line)
	}
	return decoded(bytes.Clone(f.Data), line)
}

func prediction(p *data.Prediction) string {
	best := make([]int, 0, len(p.P))
	for label, v := range p.P {
		if v >= 0.5 {
			best = append(best, label)
		}
	}
	var parts []string
	for _, label := range best {
		parts = append(parts, fmt.Sprintf("%d: %.2f", label, p.P[label]))
	}
	if len(parts) == 0 {
		parts = []string{"no label above 0.5"}
	}
	if p.Labeled {
		parts = append(parts, "labels "+p.Labels.String())
	}
	return strings.Join(parts, ", ")
}

// Trains implements live.Eyes.
func (Eyes) Trains(t reflect.Type) bool { return t == reflect.TypeFor[*checkpoint.Progress]() }

// Epochs implements live.Eyes. A run that goes on knows of those before.
func (Eyes) Epochs(value any) []live.Epoch {
	p, ok := value.(*checkpoint.Progress)
	if !ok || p.Scores == nil {
		return nil
	}
	history := []checkpoint.EpochScores{*p.Scores}
	if p.Checkpoint != nil && len(p.Checkpoint.Position.History) > 0 {
		history = p.Checkpoint.Position.History
	}
	var list []live.Epoch
	for _, e := range history {
		epoch := live.Epoch{Epoch: e.Epoch, At: e.Time, LR: e.LR}
		for _, s := range e.Splits() {
			scores := live.Scores{Loss: s.Loss, Accuracy: s.Accuracy, F1: s.MacroF1, Present: s.MacroF1Present}
			if s.Name == "train" {
				epoch.Train = scores
			} else {
				epoch.Val = &scores
			}
		}
		list = append(list, epoch)
	}
	return list
}
