package data

import (
	_ "embed" // the label names
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode"
)

// Labels is a set of label numbers, each below MaxClasses.
type Labels uint64

// MaxClasses is one more than the largest label number a set can hold.
const MaxClasses = 64

//go:embed labels.txt
var labelNames string

// LabelNames are the 28 protein locations of the Human Protein Atlas
// challenge, by number.
var LabelNames Names = strings.Split(strings.TrimSpace(labelNames), "\n")

//go:embed labels2021.txt
var labelNames2021 string

// HPA2021 is what the labels of the Human Protein Atlas single-cell challenge of
// 2021 are called where a file of names might be.
const HPA2021 = "hpa2021"

// LabelNames2021 are its 19 labels, by number, as Kaggle lists them.
var LabelNames2021 Names = strings.Split(strings.TrimSpace(labelNames2021), "\n")

// LabelsOf makes a set of label numbers.
func LabelsOf(numbers ...int) Labels {
	var l Labels
	for _, n := range numbers {
		l |= 1 << n
	}
	return l
}

// ParseLabels reads a table's Target: label numbers below classes, separated
// by blanks, or by bars as in the challenge of 2021, in no order. An empty text is the
// empty set.
func ParseLabels(text string, classes int) (Labels, error) {
	var l Labels
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == '|' || unicode.IsSpace(r) }) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n >= classes {
			return 0, fmt.Errorf("label %q is not a number in 0..%d", word, classes-1)
		}
		if l.Has(n) {
			return 0, fmt.Errorf("label %d is given twice", n)
		}
		l |= 1 << n
	}
	return l, nil
}

// Has says whether a label is in the set.
func (l Labels) Has(n int) bool { return l>>n&1 == 1 }

// Len is the number of labels in the set.
func (l Labels) Len() int { return bits.OnesCount64(uint64(l)) }

// Numbers lists the labels, smallest first.
func (l Labels) Numbers() []int {
	list := make([]int, 0, l.Len())
	for rest := uint64(l); rest != 0; rest &= rest - 1 {
		list = append(list, bits.TrailingZeros64(rest))
	}
	return list
}

// String is the set as tables hold it: numbers, smallest first, separated by blanks.
func (l Labels) String() string {
	words := make([]string, 0, l.Len())
	for _, n := range l.Numbers() {
		words = append(words, strconv.Itoa(n))
	}
	return strings.Join(words, " ")
}
