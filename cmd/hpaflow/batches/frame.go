package batches

import (
	"encoding/binary"
	"encoding/json"
	"io"

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

// array is a field: values as NumPy's .npy has them, behind their head.
type array struct{ head, values []byte }

// writeFrame writes a frame. Values, which are large, are not copied.
func writeFrame(w io.Writer, kind string, text any, fields ...array) error {
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
		length += 8 + len(f.head) + len(f.values)
	}
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+length), uint64(length))
	_, err := w.Write(append(append(b, kind...), body...))
	for _, f := range fields {
		b = binary.LittleEndian.AppendUint64(b[:0], uint64(len(f.head)+len(f.values)))
		for _, part := range [][]byte{append(b, f.head...), f.values} {
			if err == nil {
				_, err = w.Write(part)
			}
		}
	}
	return err
}

// floats are values of 32 bits.
func floats(values []float32, shape ...int) array {
	b, err := binary.Append(make([]byte, 0, 4*len(values)), binary.LittleEndian, values)
	if err != nil {
		panic(err) // they have a size
	}
	return array{npy.Head("<f4", shape...), b}
}
