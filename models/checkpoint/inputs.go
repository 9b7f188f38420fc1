package checkpoint

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/models/statedict"
)

// Inputs are what is known of the images that weights are for.
type Inputs struct {
	Planes []string  // their names, in their order; nil: not known
	Norm   data.Norm // empty: not known
}

// The metadata of a file of weights that say its Inputs: a list in JSON, and a word.
const (
	planesKey = "hpaflow.planes"
	normKey   = "hpaflow.norm"
)

// metadata is what a file of weights says beside them.
func (in Inputs) metadata() map[string]string {
	metadata := map[string]string{"format": "pt"}
	if in.Planes != nil {
		text, err := json.Marshal(in.Planes)
		if err != nil {
			panic(err) // texts only
		}
		metadata[planesKey] = string(text)
	}
	if in.Norm != "" {
		metadata[normKey] = string(in.Norm)
	}
	return metadata
}

// Inputs are of the images that the run trains on.
func (p *Position) Inputs() Inputs {
	return Inputs{p.Planes, data.Norm(p.Settings.Data["train norm"])}
}

// InputsOf are those of the weights that FindWeights finds. Of earlier versions'
// files, which say no Norm, it is that of the run whose folder they are in.
func InputsOf(path string) (in Inputs) {
	file, err := FindWeights(path)
	if err != nil {
		return in
	}
	file, _ = statedict.SplitPath(file)
	if metadata, err := statedict.ReadMetadata(file); err == nil { // else it is no safetensors file
		var planes []string
		if json.Unmarshal([]byte(metadata[planesKey]), &planes) == nil && data.CheckPlaneNames(planes) == nil {
			in.Planes = planes
		}
		in.Norm = data.Norm(metadata[normKey])
	}
	if in.Norm == "" {
		if p, err := PositionNear(file); err == nil && p != nil {
			in.Norm = p.Inputs().Norm
		}
	}
	return in
}

// CheckNorm refuses a normalisation other than the one that the weights were trained
// with which FindWeights finds. One that is not known differs from none.
func CheckNorm(path string, norm data.Norm) error {
	if made := InputsOf(path).Norm; made != "" && norm != "" && made != norm {
		return fmt.Errorf("%s was trained with norm = %s, not with %s", path, made, norm)
	}
	return nil
}

// PositionNear is how far the run had come that made a file of weights: by their own
// checkpoint, or by another of the same run. Nil where there is none.
func PositionNear(file string) (*Position, error) {
	dir := filepath.Dir(file)
	if p, err := LoadPosition(dir); err == nil {
		return p, nil
	}
	latest, err := LatestCheckpoint(filepath.Dir(dir))
	if err != nil || latest == "" {
		return nil, err
	}
	return LoadPosition(latest)
}
