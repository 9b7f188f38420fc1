//go:build gpu && linux

package cards

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"hpaflow/flow/component"
	"hpaflow/models/gpu"
)

// List writes which cards, driver and libraries there are. It is an error if
// there is no card to compute on.
func List(w io.Writer, asJSON bool) error {
	l := gpu.List()
	write := printListing
	if asJSON {
		write = func(w io.Writer, l gpu.Listing) error { return writeJSON(w, l) }
	}
	if err := write(w, l); err != nil {
		return err
	}
	usable := func(c gpu.Listed) bool { return c.Error == "" }
	if l.Driver.Error != "" || l.CuDNN.Error != "" || !slices.ContainsFunc(l.Cards, usable) {
		return errors.New("there is no card to compute on")
	}
	return nil
}

// Check writes what was found when the cards were checked: what is wrong, at
// once, or all of it as JSON. It is an error if anything is.
func Check(ctx context.Context, w io.Writer, quick, asJSON bool) error {
	o := gpu.CheckOptions{Quick: quick}
	done, bad := 0, 0
	if !asJSON {
		o.Found = func(f gpu.Finding) {
			if done++; !f.OK {
				bad++
				printFinding(w, f)
			}
		}
	}
	r, err := gpu.Check(ctx, o)
	switch {
	case err != nil:
		return err
	case asJSON:
		err = writeJSON(w, r)
	default:
		if err = printListing(w, r.Listing); err == nil {
			_, err = fmt.Fprintf(w, "%d operations checked, %d of them wrong\n", done, bad)
		}
	}
	if err == nil && !r.OK {
		err = errors.New("not all is right with the cards")
	}
	return err
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printListing writes what there is as a person reads it.
func printListing(w io.Writer, l gpu.Listing) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, part := range []struct {
		name string
		gpu.Library
	}{{"driver", l.Driver}, {"cuDNN", l.CuDNN}, {"NCCL", l.NCCL}} {
		if part.Error != "" {
			fmt.Fprintf(t, "%s\t-\t%s\n", part.name, part.Error)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", part.name, part.Version, part.Path)
	}
	for _, card := range l.Cards {
		fmt.Fprintf(t, "gpu:%d\t%s\tcapability %s, %s, %d multiprocessors, precision auto is %s%s\n", card.Index, card.Name, card.Capability,
			component.FormatSize(card.Memory), card.SMs, cmp.Or(card.Precision, "-"), fault(card.Error))
	}
	return t.Flush()
}

func printFinding(w io.Writer, f gpu.Finding) {
	same := "the same bits twice"
	if !f.Deterministic {
		same = "other bits the second time"
	}
	fmt.Fprintf(w, "gpu:%d %s: %s %s: error %.1e, at most %.1e; %s; %s%s\n", f.Card, f.Precision, f.Name, f.Shape, f.Error, f.Limit, same,
		f.Time.Round(time.Microsecond), fault(f.Fault))
}

// fault is a fault behind a line.
func fault(text string) string {
	if text == "" {
		return ""
	}
	return "; " + text
}
