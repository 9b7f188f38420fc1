package statedict

// Tensor is a named array in C order.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Finite says that no value is infinite or no number.
func (t Tensor) Finite() bool {
	var none float32 // stays 0, unless a value is infinite or no number
	for _, v := range t.Data {
		none += v * 0
	}
	return none == 0
}

// NotFiniteError is that of weights with values that are infinite or no numbers.
type NotFiniteError struct{ Tensor string }

func (e *NotFiniteError) Error() string {
	return e.Tensor + " holds what is no finite number, and nothing that is computed with it would be one"
}

// Dict is a state dict in a file. Of its tensors names and shapes are known;
// values are read when they are asked for.
type Dict struct {
	Where   string // the keys that lead to it, such as "state_dict"; empty: it is the file itself
	Tensors []Tensor
	read    func() ([]Tensor, error)
}
