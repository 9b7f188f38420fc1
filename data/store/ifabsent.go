package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
)

// CheckIfAbsent tries whether a store makes objects only where none is: it makes
// one twice, and the second time must fail. Runs on many machines, which rely on
// that, are refused where it does not hold. What it makes, below the prefix, it
// removes.
func CheckIfAbsent(ctx context.Context, s Store, prefix string) (err error) {
	var id [8]byte
	rand.Read(id[:])
	key := prefix + "if-absent-" + hex.EncodeToString(id[:])
	if _, err := Put(ctx, s, key, []byte("first"), CreateOptions{IfAbsent: true}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Delete(context.WithoutCancel(ctx), key)) }()
	_, err = Put(ctx, s, key, []byte("second"), CreateOptions{IfAbsent: true})
	switch {
	case err == nil:
		return fmt.Errorf("%s: this store lets a second writer replace what was to be made only where nothing is; "+
			"several machines would overwrite each other there: use another store, or one process", s.URL(""))
	case !errors.Is(err, ErrExist):
		return err
	}
	return nil
}
