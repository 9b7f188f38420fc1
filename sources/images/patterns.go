package images

import (
	"strings"

	"hpaflow/data/names"
	"hpaflow/flow/component"
)

// channelsDoc says what a list of channels is.
const channelsDoc = "the channels of a sample, in plane order, whose names are the planes'; each a NAME that stands in names of files, or NAME=VALUE where VALUE stands there"

// patternField says how files are called.
var patternField = component.Field{Name: "pattern", Type: component.String, Default: "", Check: func(v any) error {
	_, err := names.Parse(v.(string))
	return err
}, Doc: "how files are called: " + readyNames() + ", or text with parts as {plate}/{id}_{channel}, of names without extension; {channel} is one of channels, {z} and {t} are numbers of slices and times, " +
	"{*} is passed over, {site:s[0-9]+} has an expression, [_{site}] may be missing; all other parts make the key. Empty: {id}_{channel}. hpaflow names DIR shows what one comes to"}

// PatternField is the field for sources that hand it on to another of this room.
func PatternField() component.Field { return patternField }

func readyNames() string {
	var list []string
	for _, r := range names.ReadyPatterns() {
		list = append(list, r.Name)
	}
	return strings.Join(list, ", ")
}

// matcherOf is the pattern of a source, for the channels in one of its fields.
func matcherOf(a component.Args, channels string) (*names.Matcher, error) {
	planes, err := names.Planes(a.Strings(channels))
	if err != nil {
		return nil, err
	}
	p, err := names.Parse(a.String("pattern"))
	if err != nil {
		return nil, err
	}
	return p.For(planes)
}

// CheckNames looks for faults of the field pattern and of the channels in another.
func CheckNames(a component.Args, channels string) []component.FieldFault {
	planes, err := names.Planes(a.Strings(channels))
	if err != nil {
		return []component.FieldFault{{Field: channels, Fault: err.Error()}}
	}
	return patternFaults(a.String("pattern"), channels, planes)
}

// patternFaults are those of a pattern that is right by itself, and of the planes that
// a field gives.
func patternFaults(pattern, field string, planes []names.Plane) (faults []component.FieldFault) {
	p, err := names.Parse(pattern)
	if err != nil {
		return nil // which the field's own check has told
	}
	if err := p.Whole(); err != nil {
		faults = append(faults, component.FieldFault{Field: "pattern", Fault: err.Error()})
	}
	if err := p.Takes(planes); err != nil {
		faults = append(faults, component.FieldFault{Field: field, Fault: err.Error()})
	}
	return faults
}
