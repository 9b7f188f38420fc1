package data

import (
	"fmt"
	"strings"
)

// mostNamed is how many Ids a message names.
const mostNamed = 5

// Enumerate names Ids in a message: how many, and the first few.
func Enumerate(ids []string) string {
	if len(ids) == 1 {
		return "Id " + ids[0]
	}
	names := strings.Join(ids[:min(len(ids), mostNamed)], ", ")
	if len(ids) > mostNamed {
		names += ", ..."
	}
	return fmt.Sprintf("%d Ids (%s)", len(ids), names)
}
