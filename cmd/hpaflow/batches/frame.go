package batches

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math"

	"hpaflow/data/npy"
)

// The kinds of frames.
const (
	headFrame = "head"
	dataFrame = "data"
	lastFrame = "last"
	failFrame = "fail"
	doneFrame = "done"
)

// head is what is known before the first batch.
type head struct {
	Samples int `json:"samples"` // of an epoch, all runs together
	Batches int `json:"batches"` // of an epoch, in this run
	Batch   int `json:"batch"`   // samples of a full one
	Classes int `json:"classes"`
}

// about is what a frame of data says of its batch.
type about struct {
	Epoch   int      `json:"epoch"`
	Batch   int      `json:"batch"`   // of the epoch, in this run
	Records int64    `json:"records"` // of the epoch that are done with after it: what --records takes
	Keys    []string `json:"keys"`
	Repeat  bool     `json:"repeat,omitempty"` // another run has these samples too

	Slot      *int   `json:"slot,omitempty"`
	Shape     []int  `json:"shape,omitempty"`
	DType     string `json:"dtype,omitempty"`
	Classes   int    `json:"classes,omitempty"` // 0: there are no targets
	SlotBytes int    `json:"slot_bytes,omitempty"`
}

// writeFrame writes a frame at once.
func writeFrame(w io.Writer, kind string, text any, fields ...[]byte) error {
	var body []byte
	switch t := text.(type) {
	case nil:
	case string:
		body = []byte(t)
	default:
		var err error
		if body, err = json.Marshal(t); err != nil {
			return err
		}
	}
	if kind == dataFrame {
		body = append(binary.LittleEndian.AppendUint64(nil, uint64(len(body))), body...)
	}
	length := len(kind) + len(body)
	for _, f := range fields {
		length += 8 + len(f)
	}
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+length), uint64(length))
	b = append(append(b, kind...), body...)
	for _, f := range fields {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(len(f))), f...)
	}
	_, err := w.Write(b)
	return err
}

// array is values as NumPy's .npy has them.
func array(kind string, values []byte, shape ...int) []byte {
	return append(npy.Head(kind, shape...), values...)
}

func floatBytes(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
