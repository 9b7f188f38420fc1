package kernels

import (
	"fmt"
	"runtime/debug"
)

// Panic is what a piece of work has panicked with. Pieces run on goroutines of
// their own, where nothing could recover it; so it is caught there, and the call
// whose piece it was panics with it once its goroutines have ended.
type Panic struct {
	Value any
	Stack []byte // of the piece
}

// Caught makes an error of what recover gave: of a Panic that very one, of any
// other value a Panic with the stack of now.
func Caught(value any) *Panic {
	if p, ok := value.(*Panic); ok {
		return p
	}
	return &Panic{value, debug.Stack()}
}

// Error is one line. The stack is for those who ask for it.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// PanicStack is where it happened.
func (p *Panic) PanicStack() []byte { return p.Stack }
