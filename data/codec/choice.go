package codec

import (
	"fmt"
	"strconv"

	"hpaflow/data"
)

// Choice says what is taken of a file that holds more than one image, and what
// becomes of samples that are neither 8 nor 16 bits without a sign. The zero Choice
// takes what needs no choice.
type Choice struct {
	Range Range
	Z, T  Pick // of slices, and of times

	ofSlice bool // the file is one of several slices, which become one image
}

// Pick is which of several slices or times are taken.
type Pick struct {
	how    how
	number int
}

type how int

const (
	unsaid how = iota
	one        // a number, from 0
	every      // each a sample of its own, which whoever lists files sees to
	brightest
	mean
	alone // what the file's name tells of, and no other
)

// ParsePick reads "max", "mean", "all" or a number from 0; empty text says nothing.
// Of times there is no max and no mean.
func ParsePick(text string, ofTimes bool) (Pick, error) {
	switch {
	case text == "":
		return Pick{}, nil
	case text == "all":
		return Pick{how: every}, nil
	case text == "max" && !ofTimes:
		return Pick{how: brightest}, nil
	case text == "mean" && !ofTimes:
		return Pick{how: mean}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || strconv.Itoa(n) != text {
		if ofTimes {
			return Pick{}, fmt.Errorf("%q is neither \"all\" nor a number from 0", text)
		}
		return Pick{}, fmt.Errorf("%q is none of \"max\", \"mean\", \"all\" and a number from 0", text)
	}
	return Number(n), nil
}

// Number takes one, counted from 0.
func Number(n int) Pick { return Pick{one, n} }

// All says that each is to be a sample of its own.
func (p Pick) All() bool { return p.how == every }

// OfSlice is the choice for a file that is one of several slices, which become one
// image: its samples cannot have a range of their own.
func (c Choice) OfSlice() Choice {
	c.ofSlice = true
	return c
}

// For is the choice for a file: which slice or time it stands for, its source may
// have said.
func (c Choice) For(f data.File) Choice {
	c.Z, c.T = c.Z.placed(f.Z), c.T.placed(f.T)
	return c
}

// Slices are the slices that are taken of n, where there holds what there is, or why none can be.
func (c Choice) Slices(n int, there string) (from, to int, err error) {
	return c.Z.of(n, "slice", "z", moreSlices, there)
}

// Time is the time that is taken of n.
func (c Choice) Time(n int, there string) (int, error) {
	at, _, err := c.T.of(n, "time", "t", "", there)
	return at, err
}

// moreSlices is what may be made of several slices.
const moreSlices = ", \"max\" or \"mean\""

// Projection is what becomes of several slices: "max", "mean", or nothing.
func (p Pick) Projection() string {
	switch p.how {
	case brightest:
		return "max"
	case mean:
		return "mean"
	}
	return ""
}

// placed is what is taken of a file that stands for a number, counted from 1, or is
// alone; else as before.
func (p Pick) placed(n int) Pick {
	switch {
	case n > 0:
		return Number(n - 1)
	case n == data.Alone:
		return Pick{how: alone}
	}
	return p
}

// of gives the numbers that are taken of n, or why none can be.
func (p Pick) of(n int, what, name, more, there string) (from, to int, err error) {
	switch {
	case p.how == one && p.number >= n:
		return 0, 0, fmt.Errorf("%s = %d: it holds %s; numbers go from 0 to %d", name, p.number, there, n-1)
	case p.how == one:
		return p.number, p.number + 1, nil
	case n == 1:
		return 0, 1, nil
	case p.how == alone:
		return 0, 0, fmt.Errorf("it holds %s, and its name is of one", there)
	case p.how == brightest || p.how == mean:
		return 0, n, nil
	case p.how == every:
		return 0, 0, fmt.Errorf("it holds %s, and this source does not make a sample of each %s; choose one by %s = 0 to %d%s", there, what, name, n-1, more)
	}
	return 0, 0, fmt.Errorf("it holds %s; choose by %s = 0 to %d%s, or \"all\" for a sample of each", there, name, n-1, more)
}
