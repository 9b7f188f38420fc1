package statedict

// Tensor is a named array in C order.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Dict is a state dict in a file. Of its tensors names and shapes are known;
// values are read when they are asked for.
type Dict struct {
	Where   string // the keys that lead to it, such as "state_dict"; empty: it is the file itself
	Tensors []Tensor
	read    func() ([]Tensor, error)
}
