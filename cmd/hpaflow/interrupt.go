package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

var errInterrupted = errors.New("interrupted; run the same command again to go on")

// stopPatience is how long a run that was interrupted may take to stop without
// a word.
const stopPatience = time.Second

// interruptible gives a context that the first Ctrl-C, SIGTERM or SIGHUP
// cancels; the second ends the process at once, even where Ctrl-C was ignored
// at the start. A SIGHUP that was ignored then, as by nohup, stays so. What
// takes long to stop is told on out.
func interruptible(parent context.Context, out io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	caught := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		caught = append(caught, syscall.SIGHUP)
	}
	signal.Notify(signals, caught...)
	stopped := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel(errInterrupted)
		case <-stopped:
			return
		}
		slow := time.After(stopPatience)
		for {
			select {
			case <-signals:
				os.Exit(exitInterrupted)
			case <-slow:
				fmt.Fprintln(out, "hpaflow: stopping; what is at work is finished first, a second Ctrl-C ends it at once")
			case <-stopped:
				return
			}
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil); close(stopped) }
}

// unlessStopped does what takes no context, and may wait for a file system or
// for who writes to a pipe, and gives up on it when ctx is done: the process then
// ends. So f must leave nothing behind that is not whole.
func unlessStopped(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return &exitError{exitInterrupted, context.Cause(ctx)}
	}
}

// withUnsaved is the interruption with what could not be saved, if anything:
// that writing was cut short by it goes without saying.
func withUnsaved(cause error) error {
	all, joined := cause.(interface{ Unwrap() []error })
	if !joined {
		return cause
	}
	told := []error{errInterrupted}
	for _, err := range all.Unwrap() {
		if !errors.Is(err, errInterrupted) {
			told = append(told, err)
		}
	}
	return errors.Join(told...)
}
