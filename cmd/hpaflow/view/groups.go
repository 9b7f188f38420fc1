package view

import (
	"errors"
	"fmt"
	"math"
	"net/http"

	"hpaflow/data/view"
)

// groupMember is a sample of a group, and how far its hashes are from the first one's.
type groupMember struct {
	brief
	AHash    string `json:"ahash,omitempty"`
	PHash    string `json:"phash,omitempty"`
	ADistant int    `json:"adistance"`
	PDistant int    `json:"pdistance"`
}

func (s *server) groups(r *http.Request) (any, error) {
	at, err := number(r, "grouping", 1000)
	if err != nil {
		return nil, err
	}
	from, err := number(r, "from", math.MaxInt32)
	if err != nil {
		return nil, err
	}
	count, err := number(r, "count", 100)
	if err != nil {
		return nil, err
	}
	type group struct {
		Number  int           `json:"number"`
		Size    int           `json:"size"`
		Members []groupMember `json:"members"`
	}
	var a struct {
		Total  int     `json:"total"`
		Groups []group `json:"groups"`
	}
	x := s.index
	x.View(func() {
		if at >= len(x.Groupings) {
			err = fault{errors.New("there are no such groups")}
			return
		}
		list := x.Groupings[at].Groups
		a.Total, a.Groups = len(list), []group{}
		for i := from; i < min(from+count, len(list)); i++ {
			a.Groups = append(a.Groups, group{i, len(list[i]), s.members(list[i])})
		}
	})
	return a, err
}

func (s *server) members(rows []uint32) []groupMember {
	var list []groupMember
	a0, p0, known := s.index.Hashes(int(rows[0]))
	for _, row := range rows[:min(len(rows), mostGroup)] {
		m := groupMember{brief: briefOf(s.index.Known(int(row))), ADistant: -1, PDistant: -1}
		if a, p, ok := s.index.Hashes(int(row)); ok {
			m.AHash, m.PHash = fmt.Sprintf("%016x", a), fmt.Sprintf("%016x", p)
			if known {
				m.ADistant, m.PDistant = view.Distance(a, a0), view.Distance(p, p0)
			}
		}
		list = append(list, m)
	}
	return list
}
