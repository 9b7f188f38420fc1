package embed

// DType is how the values of an embedding are kept.
type DType string

// The types of values.
const (
	Float32 DType = "float32"
	Float16 DType = "float16"
)

// DTypes lists them.
func DTypes() []string { return []string{string(Float32), string(Float16)} }
