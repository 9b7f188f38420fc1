package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"hpaflow/cmd/hpaflow/live"
)

const (
	mostMessage = 32 << 20
	firstWait   = 250 * time.Millisecond
	mostWait    = 3 * time.Second
	silence     = 15 * time.Second // after so much a connection is given up: a run tells something every second
)

// watch follows a run to its end.
func watch(ctx context.Context, base string, patience time.Duration, v view) (live.State, error) {
	var points []live.Point
	var last *live.State
	answered, wait := time.Now(), firstWait
	for {
		ended, unseen, err := follow(ctx, base, func(m live.Message) error {
			answered, wait = time.Now(), firstWait
			points = append(points[:min(m.From, len(points))], m.Points...)
			last = &m.State
			return v.show(m.State, points)
		})
		if unseen || ended {
			return *last, errors.Join(err, v.close(last))
		}
		left := patience - time.Since(answered)
		if ctx.Err() != nil || left <= 0 {
			fault := v.close(nil)
			if last == nil {
				return live.State{}, errors.Join(fmt.Errorf("nothing at %s: %w; %w", base, err, errNoRun), fault)
			}
			return *last, errors.Join(fmt.Errorf("the run at %s does not answer any more: %w", base, err), fault)
		}
		if err := v.away(err, left); err != nil {
			return live.State{}, err
		}
		select {
		case <-time.After(min(wait, left)):
		case <-ctx.Done():
		}
		wait = min(2*wait, mostWait)
	}
}

// follow reads what a run tells until it ends, or the connection does. Unseen says that
// take has failed.
func follow(ctx context.Context, base string, take func(live.Message) error) (ended, unseen bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := time.AfterFunc(silence, cancel)
	defer alive.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/events", nil)
	if err != nil {
		return false, false, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, false, err
	}
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 200))
		return false, false, fmt.Errorf("the answer is %s, %s: %.100q", answer.Status, kind, text)
	}
	in := bufio.NewScanner(answer.Body)
	in.Buffer(nil, mostMessage)
	for in.Scan() {
		text, is := strings.CutPrefix(in.Text(), "data: ")
		if !is {
			continue
		}
		alive.Reset(silence)
		var m live.Message
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return false, false, fmt.Errorf("what it tells is no state of a run: %w", err)
		}
		if err := take(m); err != nil {
			return false, true, err
		}
		if m.Last {
			return true, false, nil
		}
	}
	if err := in.Err(); err != nil {
		return false, false, err
	}
	return false, false, io.ErrUnexpectedEOF
}
