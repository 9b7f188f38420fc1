package checkpoint

import (
	"encoding/json"

	"hpaflow/data"
	"hpaflow/models/statedict"
)

// planesKey is the metadata of a file of weights that names the planes they are for:
// a list in JSON.
const planesKey = "hpaflow.planes"

// metadataOf is what a file of weights says beside them.
func metadataOf(planes []string) map[string]string {
	metadata := map[string]string{"format": "pt"}
	if planes != nil {
		text, err := json.Marshal(planes)
		if err != nil {
			panic(err) // texts only
		}
		metadata[planesKey] = string(text)
	}
	return metadata
}

// PlanesOf names the planes that the weights are for which FindWeights finds; nil
// where these do not say it.
func PlanesOf(path string) []string {
	file, err := FindWeights(path)
	if err != nil {
		return nil
	}
	file, _ = statedict.SplitPath(file)
	metadata, err := statedict.ReadMetadata(file)
	if err != nil {
		return nil // it is no safetensors file
	}
	var planes []string
	if json.Unmarshal([]byte(metadata[planesKey]), &planes) != nil || data.CheckPlaneNames(planes) != nil {
		return nil
	}
	return planes
}
