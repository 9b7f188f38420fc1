//go:build !unix

package batches

import "errors"

func mapped(int, int) ([]byte, error) {
	return nil, errors.New("there is none on this system; frames on standard output have it")
}
