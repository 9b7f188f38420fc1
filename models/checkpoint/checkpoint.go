package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"sync/atomic"

	"hpaflow/data/atomicfile"
	"hpaflow/data/regular"
	"hpaflow/models"
	"hpaflow/models/statedict"
)

// A checkpoint is a folder of two files: the weights, which other programs
// read, and the training state, which holds the digest of the weights it
// belongs to, and a seal over itself. The training state is written last; a
// folder without it is not a checkpoint yet, or none any more.
const (
	weightsFile  = "weights.safetensors"
	trainingFile = "training.safetensors"
)

// Checkpoint is all that is needed to go on with a run.
type Checkpoint struct {
	State    models.State
	Position Position
	Receipt  *Receipt // signed where it is saved; nil: nobody asks
}

// Receipt tells whoever made a checkpoint where it has been saved, once it has.
// It is safe for concurrent use.
type Receipt struct{ path atomic.Pointer[string] }

// Sign says that the checkpoint is saved in the folder at path.
func (r *Receipt) Sign(path string) {
	if r != nil {
		r.path.Store(&path)
	}
}

// Path is the folder that the checkpoint is saved in; empty before it is.
func (r *Receipt) Path() string {
	if r == nil {
		return ""
	}
	if path := r.path.Load(); path != nil {
		return *path
	}
	return ""
}

// progress is what the training file says beside its tensors.
type progress struct {
	Position Position `json:"position"`
	Steps    int64    `json:"optimizer_steps"`
	Pending  int      `json:"pending_batches"`
	Weights  string   `json:"weights_sha256"`

	Choices json.RawMessage `json:"device_choices,omitempty"`
}

// The keys of the training file's metadata: what progress says, and the digest
// of that and of the optimiser's tensors.
const (
	progressKey = "hpaflow.training"
	sealKey     = "hpaflow.seal"
)

// EpochDir is the folder of the checkpoint after an epoch, counted from 0.
func EpochDir(dir string, epoch int) string {
	return filepath.Join(dir, fmt.Sprintf("epoch_%04d", epoch))
}

// StepDir is the folder of a checkpoint in the middle of an epoch, which is
// needed until a later one is there.
func StepDir(dir string, p Position) string {
	return filepath.Join(dir, fmt.Sprintf("epoch_%04d.step_%09d", p.Epoch, p.Step))
}

// SaveCheckpoint writes a checkpoint to the folder dir. Killed at any moment
// it leaves a complete checkpoint or debris, which LatestCheckpoint passes over.
// A second writer to the same folder gets an error.
func SaveCheckpoint(dir string, c *Checkpoint) (err error) {
	if err := atomicfile.MakeFolder(dir); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	unlock, err := atomicfile.Lock(dir)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := atomicfile.Sweep(atomicfile.OS, dir); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	training := filepath.Join(dir, trainingFile)
	if err := errors.Join(mark(dir), removeFile(training)); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	digest := sha256.New()
	err = atomicfile.Write(filepath.Join(dir, weightsFile), func(w io.Writer) error {
		return statedict.Write(io.MultiWriter(w, digest), c.State.Weights, c.Position.Inputs().metadata())
	})
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	text, err := json.Marshal(progress{
		Position: c.Position, Steps: c.State.Steps, Pending: c.State.Pending,
		Weights: hex.EncodeToString(digest.Sum(nil)), Choices: c.State.Choices,
	})
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	err = atomicfile.Write(training, func(w io.Writer) error {
		return statedict.Write(w, c.State.Optimizer, map[string]string{progressKey: string(text), sealKey: seal(string(text), c.State.Optimizer)})
	})
	if err == nil {
		err = removeFile(filepath.Join(dir, begunMark))
	}
	if err == nil {
		err = atomicfile.SyncDir(filepath.Dir(dir))
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	c.Receipt.Sign(dir)
	return nil
}

// seal is the digest of what the training file says and of its tensors.
func seal(text string, tensors []models.Tensor) string {
	digest := sha256.New()
	fmt.Fprintf(digest, "%d %s\n", len(text), text)
	var values []byte
	for _, t := range tensors {
		fmt.Fprintf(digest, "%s %v\n", t.Name, t.Shape)
		for part := range slices.Chunk(t.Data, 1<<14) {
			values = values[:0]
			for _, v := range part {
				values = binary.LittleEndian.AppendUint32(values, math.Float32bits(v))
			}
			digest.Write(values)
		}
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// LoadCheckpoint reads the checkpoint in the folder dir.
func LoadCheckpoint(dir string) (*Checkpoint, error) {
	weights, _, digest, err := readFile(filepath.Join(dir, weightsFile))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, trainingFile)
	moments, metadata, _, err := readFile(path)
	if err != nil {
		return nil, err
	}
	var p progress
	if err := json.Unmarshal([]byte(metadata[progressKey]), &p); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %s: %w", path, progressKey, err)
	}
	if p.Weights != digest {
		return nil, fmt.Errorf("checkpoint: %s belongs to other weights than %s", path, weightsFile)
	}
	if sealed := metadata[sealKey]; sealed != "" && sealed != seal(metadata[progressKey], moments) { // earlier versions have none
		return nil, fmt.Errorf("checkpoint: %s is damaged: it does not fit its digest", path)
	}
	receipt := &Receipt{}
	receipt.Sign(dir)
	return &Checkpoint{
		Receipt:  receipt,
		State:    models.State{Weights: weights, Optimizer: moments, Steps: p.Steps, Pending: p.Pending, Choices: p.Choices},
		Position: p.Position,
	}, nil
}

// LoadPosition reads how far the run had come whose checkpoint is in the folder
// dir, without its tensors.
func LoadPosition(dir string) (*Position, error) {
	path := filepath.Join(dir, trainingFile)
	metadata, err := statedict.ReadMetadata(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", path, err)
	}
	var p progress
	if err := json.Unmarshal([]byte(metadata[progressKey]), &p); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %s: %w", path, progressKey, err)
	}
	return &p.Position, nil
}

// readFile reads tensors, metadata and the file's digest.
func readFile(path string) (tensors []models.Tensor, metadata map[string]string, digest string, err error) {
	f, info, err := regular.Open(path)
	if err != nil {
		return nil, nil, "", fmt.Errorf("checkpoint: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if tensors, metadata, err = statedict.Read(io.TeeReader(f, h), info.Size()); err != nil {
		return nil, nil, "", fmt.Errorf("checkpoint: %s: %w", path, err)
	}
	return tensors, metadata, hex.EncodeToString(h.Sum(nil)), nil
}
