package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"hpaflow/models"
	"hpaflow/models/statedict"
)

// FuzzCheckpoint changes what a training file says, and seals it anew, with the
// digest of the weights in the place of DIGEST, so that what reads the JSON and
// what follows from it are reached: what is loaded is saved and loaded the same.
func FuzzCheckpoint(f *testing.F) {
	weights := []models.Tensor{{Name: "a", Shape: []int{2}, Data: []float32{1, 2}}}
	var packed bytes.Buffer
	if err := statedict.Write(&packed, weights, nil); err != nil {
		f.Fatal(err)
	}
	sum := sha256.Sum256(packed.Bytes())
	digest := hex.EncodeToString(sum[:])

	const whole = `{"position":{"epoch":2,"step":9,"records":3,"seed":1,"schedule":{},"settings":{"size":"32"},` +
		`"scores":{},"sequence":"ab","history":[{"epoch":0},{"epoch":1}]},"optimizer_steps":9,"pending_batches":1,"weights_sha256":"DIGEST"}`
	f.Add(whole, []byte("\x00\x00\x80?"))
	f.Add(`{"weights_sha256":"DIGEST"}`, []byte{})
	f.Add(`{"position":{"epoch":-1,"history":null,"settings":{}},"weights_sha256":"DIGEST","device_choices":[1]}`, []byte{})
	f.Add(`{"position":{"history":[{"epoch":1e3,"f1":[1,2]}],"scores":{"counts":[]}},"weights_sha256":"DIGEST"}`, []byte{})
	f.Fuzz(func(t *testing.T, text string, moments []byte) {
		root := t.TempDir()
		dir := EpochDir(root, 0)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, weightsFile), packed.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "DIGEST", digest)
		tensors := []models.Tensor{{Name: "m", Shape: []int{len(moments)}, Data: make([]float32, len(moments))}}
		for i, b := range moments {
			tensors[0].Data[i] = float32(b)
		}
		var training bytes.Buffer
		if err := statedict.Write(&training, tensors, map[string]string{progressKey: text, sealKey: seal(text, tensors)}); err != nil {
			t.Skip(err)
		}
		if err := os.WriteFile(filepath.Join(dir, trainingFile), training.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ResumePoint(root); err != nil {
			t.Fatal(err)
		}
		c, err := LoadCheckpoint(dir)
		if err != nil {
			return
		}
		p, err := LoadPosition(dir)
		if err != nil || !reflect.DeepEqual(*p, c.Position) {
			t.Fatalf("the position is %+v and, without tensors, %+v, %v", c.Position, p, err)
		}
		p.Best()
		again := EpochDir(root, 1)
		if err := SaveCheckpoint(again, c); err != nil {
			t.Fatal(err)
		}
		back, err := LoadCheckpoint(again)
		if err != nil {
			t.Fatal(err)
		}
		if back.Position.Epoch != c.Position.Epoch || len(back.Position.History) != len(c.Position.History) || back.State.Steps != c.State.Steps {
			t.Fatalf("%+v was saved, and read as %+v", c, back)
		}
	})
}
