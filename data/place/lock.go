package place

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"hpaflow/data/atomicfile"
	"hpaflow/data/store"
)

// A store has no locks. In their place stand objects that their owner writes again
// and again while it lives; one that was not written for long is as good as gone.
// How old one is, is told by the store's clock, not by those of machines.
//
// Between an owner that was held up and the others there may be a moment in which
// both think they have the folder: nothing that must not be lost may hang on these
// locks alone.
const (
	signEvery = 20 * time.Second
	signLasts = 90 * time.Second
)

// lockName is the folder of those objects, in the folder that is locked.
const lockName = "locks"

const aloneName = "alone"

// ShareFolder keeps those out of a folder who want it for themselves, and lets others
// share it. One of this machine is made, and goes with unlock if nothing was put into it.
func ShareFolder(ctx context.Context, folder string) (unlock func() error, err error) {
	if !Remote(folder) {
		return withdrawn(atomicfile.ShareFolder(Path(folder)))
	}
	own := Join(folder, lockName, "shared-"+Myself())
	s, err := Sign(ctx, own)
	if err != nil {
		return nil, err
	}
	if taken, err2 := Alive(ctx, s, Join(folder, lockName, aloneName)); taken {
		err = held(folder, aloneName)
	} else if !errors.Is(err2, fs.ErrNotExist) {
		err = err2
	}
	if err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s.Remove, nil
}

// ClaimFolder keeps everybody else out of a folder. One of this machine is made, and goes
// with unlock if nothing was put into it.
func ClaimFolder(ctx context.Context, folder string) (unlock func() error, err error) {
	if !Remote(folder) {
		return withdrawn(atomicfile.ClaimFolder(Path(folder)))
	}
	s, err := claim(ctx, folder)
	if err != nil {
		return nil, err
	}
	return s.Remove, nil
}

// withdrawn is the unlock of a folder of this machine.
func withdrawn(c *atomicfile.Claim, err error) (unlock func() error, _ error) {
	if err != nil {
		return nil, err
	}
	return c.Withdraw, nil
}

// claim is ClaimFolder of a store, with the sign that stands for it.
func claim(ctx context.Context, folder string) (*LifeSign, error) {
	name, text := Join(folder, lockName, aloneName), []byte(Myself())
	_, err := WriteOnce(ctx, name, text)
	if _, taken := errors.AsType[*atomicfile.OtherError](err); taken {
		alive, err := Held(ctx, folder)
		if err != nil {
			return nil, err
		}
		if alive {
			return nil, held(folder, aloneName)
		}
		if err := Remove(ctx, name); err != nil {
			return nil, err
		}
		if _, err := WriteOnce(ctx, name, text); err != nil {
			return nil, held(folder, aloneName)
		}
	} else if err != nil {
		return nil, err
	}
	s := renewing(ctx, name, text, true)
	others, err := sharing(ctx, s, Join(folder, lockName))
	if err == nil && others != "" {
		err = held(folder, others)
	}
	if err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// Held says whether somebody who lives has claimed a folder of a store.
func Held(ctx context.Context, folder string) (bool, error) {
	name := Join(folder, lockName, aloneName)
	if there, err := Exists(ctx, name); err != nil || !there {
		return false, err
	}
	probe, err := Sign(ctx, Join(folder, lockName, "probe-"+Myself())) // for the store's clock
	if err != nil {
		return false, err
	}
	alive, err := Alive(ctx, probe, name)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // it has just gone
	}
	return alive, errors.Join(err, probe.Remove())
}

// claimInTime is claim for who may wait until an owner that was killed is known to be
// gone, and says so. One that lives is not waited for.
func claimInTime(ctx context.Context, folder string, say func(text string)) (*LifeSign, error) {
	name := Join(folder, lockName, aloneName)
	var first time.Time
	for {
		s, err := claim(ctx, folder)
		holder, held := errors.AsType[*HeldError](err)
		if !held || holder.By != aloneName {
			return s, err
		}
		at, key, err2 := store.File(ctx, name)
		if err2 != nil {
			return nil, err2
		}
		o, err2 := at.Stat(ctx, key)
		switch {
		case errors.Is(err2, fs.ErrNotExist): // it has just gone
			continue
		case err2 != nil:
			return nil, err2
		case first.IsZero():
			first = o.Modified
			say(fmt.Sprintf("waiting to see whether another run is at work in %s, or was killed: %s at most", Shown(folder), signLasts))
		case !o.Modified.Equal(first):
			return nil, err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// HeldError says that others are at work in a folder of a store.
type HeldError struct {
	Folder string
	By     string // the name of their sign
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("another run is writing to %s (%s); one that was killed is taken for gone after %s", e.Folder, e.By, signLasts)
}

func held(folder, by string) error { return &HeldError{Shown(folder), by} }

// Myself is a name that nobody else has: of the machine, the process and a number
// drawn by chance.
func Myself() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	var id [6]byte
	rand.Read(id[:])
	return fmt.Sprintf("%s-%d-%s", strings.ReplaceAll(host, "/", "_"), os.Getpid(), hex.EncodeToString(id[:]))
}

// LifeSign is an object by which others see that its owner lives.
type LifeSign struct {
	ctx  context.Context
	name string
	text []byte
	one  bool // others may want the name
	stop func()
	done sync.WaitGroup
}

// Sign makes one, and keeps it alive until Remove.
func Sign(ctx context.Context, name string) (*LifeSign, error) {
	text := []byte(Myself())
	if err := Write(ctx, name, text); err != nil {
		return nil, err
	}
	return renewing(ctx, name, text, false), nil
}

func renewing(ctx context.Context, name string, text []byte, one bool) *LifeSign {
	s := &LifeSign{ctx: context.WithoutCancel(ctx), name: name, text: text, one: one}
	until, stop := context.WithCancel(s.ctx)
	s.stop = stop
	s.done.Go(func() {
		ticker := time.NewTicker(signEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if _, lost := errors.AsType[*LostError](s.Ours(until)); lost {
					return
				}
				Write(until, name, text) // a store that is away for long lets others think that we have died
			case <-until.Done():
				return
			}
		}
	})
	return s
}

// LostError says that a process was held up for so long that another has taken it for
// gone, and has its place.
type LostError struct{ Name string }

func (e *LostError) Error() string {
	return fmt.Sprintf("%s: another run has taken this one for gone, since nothing was heard of it for long, and is at work in its place", e.Name)
}

// Ours says, by a LostError, that another has the name now.
func (s *LifeSign) Ours(ctx context.Context) error {
	if !s.one {
		return nil
	}
	text, err := Read(ctx, s.name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Equal(text, s.text) {
		return &LostError{Shown(s.name)}
	}
	return err
}

// Remove ends it.
func (s *LifeSign) Remove() error {
	s.stop()
	s.done.Wait()
	if err := s.Ours(s.ctx); err != nil {
		if _, lost := errors.AsType[*LostError](err); lost {
			return nil
		}
		return err
	}
	return Remove(s.ctx, s.name)
}

// Leave lets it grow old where it is.
func (s *LifeSign) Leave() {
	s.stop()
	s.done.Wait()
}

// now is the store's time.
func (s *LifeSign) now(ctx context.Context) (time.Time, error) {
	at, key, err := store.File(ctx, s.name)
	if err != nil {
		return time.Time{}, err
	}
	o, err := at.Stat(ctx, key)
	return o.Modified, err
}

// sharing names one of those who share a folder and live; empty: there is none.
func sharing(ctx context.Context, own *LifeSign, folder string) (string, error) {
	files, err := Files(ctx, folder)
	if err != nil {
		return "", err
	}
	now, err := own.now(ctx)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name, "shared-") && now.Sub(f.Modified) < signLasts {
			return f.Name, nil
		}
	}
	return "", nil
}

// Alive says whether the owner of a sign lives, as seen by somebody who has a sign
// in the same store. That there is none is fs.ErrNotExist.
func Alive(ctx context.Context, own *LifeSign, name string) (bool, error) {
	at, key, err := store.File(ctx, name)
	if err != nil {
		return false, err
	}
	o, err := at.Stat(ctx, key)
	if err != nil {
		return false, err
	}
	now, err := own.now(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // our own has just gone: who knows
	}
	return now.Sub(o.Modified) < signLasts, err
}
