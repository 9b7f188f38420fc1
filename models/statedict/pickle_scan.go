package statedict

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A pickle is a program for a small stack machine. Before one is given to the
// unpickler its instructions are walked: all must be among those that
// torch.save writes for a state dict, and no argument may be longer than what
// is left. This bounds the memory and finds where the pickle ends.

// maxPickle is the longest pickle that is read. That of a network of a
// thousand tensors, optimiser included, is a tenth of it.
const maxPickle = 2 << 20

const (
	opProto     = 0x80
	opStop      = '.'
	opGlobal    = 'c'
	maxProtocol = 5
)

// operand is how an instruction's argument is laid out: so many bytes, or a
// count of prefix bytes followed by so many bytes.
type operand struct {
	fixed  int
	prefix int
	global bool // two lines, a module and a name
}

// instructions are those of a state dict and of what is kept beside one.
// Missing, and so refused, are the older ones that make objects of classes
// (INST, OBJ, EXT), that ask for buffers from outside, and those of the text
// protocols.
var instructions = map[byte]operand{
	opProto: {fixed: 1}, opStop: {}, opGlobal: {global: true},
	'(': {}, '0': {}, '2': {}, 'N': {}, 0x88: {}, 0x89: {}, // MARK POP DUP NONE NEWTRUE NEWFALSE
	'J': {fixed: 4}, 'K': {fixed: 1}, 'M': {fixed: 2}, 'G': {fixed: 8}, 0x8a: {prefix: 1}, // BININT BININT1 BININT2 BINFLOAT LONG1
	'X': {prefix: 4}, 'U': {prefix: 1}, 'T': {prefix: 4}, 0x8c: {prefix: 1}, // BINUNICODE SHORT_BINSTRING BINSTRING SHORT_BINUNICODE
	'C': {prefix: 1}, 'B': {prefix: 4}, // SHORT_BINBYTES BINBYTES
	')': {}, 't': {}, 0x85: {}, 0x86: {}, 0x87: {}, // EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3
	']': {}, 'a': {}, 'e': {}, '}': {}, 's': {}, 'u': {}, // EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS
	'h': {fixed: 1}, 'j': {fixed: 4}, 'q': {fixed: 1}, 'r': {fixed: 4}, 0x94: {}, // BINGET LONG_BINGET BINPUT LONG_BINPUT MEMOIZE
	'R': {}, 'b': {}, 'Q': {}, 0x93: {}, 0x81: {}, // REDUCE BUILD BINPERSID STACK_GLOBAL NEWOBJ
	0x8f: {}, 0x90: {}, 0x91: {}, // EMPTY_SET ADDITEMS FROZENSET
	0x95: {fixed: 8}, // FRAME; the frame's own length is checked by its contents
}

var errPickleEnds = errors.New("pickle ends in the middle")

// scanPickle gives the length of the pickle that text begins with.
func scanPickle(text []byte) (int, error) {
	at := 0
	for at < len(text) {
		op := text[at]
		in, allowed := instructions[op]
		if !allowed {
			return 0, fmt.Errorf("pickle: instruction %#x at %d has no place in a state dict", op, at)
		}
		at++
		if op == opStop {
			return at, nil
		}
		n := in.fixed
		switch {
		case in.global:
			module, rest, found := bytes.Cut(text[at:], []byte("\n"))
			name, _, closed := bytes.Cut(rest, []byte("\n"))
			if !found || !closed {
				return 0, errPickleEnds
			}
			if _, err := findGlobal(string(module), string(name)); err != nil {
				return 0, err
			}
			n = len(module) + len(name) + 2
		case in.prefix > 0:
			if len(text)-at < in.prefix {
				return 0, errPickleEnds
			}
			n = int(text[at])
			if in.prefix == 4 {
				n = int(binary.LittleEndian.Uint32(text[at:]))
			}
			n += in.prefix
		case op == 0x95:
			if len(text)-at < 8 {
				return 0, errPickleEnds
			}
			if binary.LittleEndian.Uint64(text[at:]) > uint64(len(text)-at-8) {
				return 0, errPickleEnds
			}
		}
		if n > len(text)-at {
			return 0, errPickleEnds
		}
		at += n
	}
	return 0, errPickleEnds
}
