package demo

import (
	"fmt"
	"math/rand/v2"
)

func building(male bool) string {
	if male {
		return "1号楼"
	}
	return "2号楼"
}

// room draws a room of one of two buildings such that about five people share it when a fifth of n live there.
func room(r *rand.Rand, n int) string {
	floors := 1 + n/400
	return fmt.Sprintf("%d%02d", 1+r.IntN(floors), 1+r.IntN(max(1, n/50/floors)))
}

// Whoever shares a shuttle or a table with somebody is a contact. Small shops have neither.
const (
	busFrom   = 80
	tableFrom = 40
	tableSize = 6
)

var otherWays = []string{"bike", "bike", "bike", "drive", "drive", "walk", "bus"}

// lodge gives part of the people a seat on a shuttle and a place in the canteen. Teams lie together, and so do those who share a table.
func (f *Firm) lodge(r *rand.Rand) {
	n := len(f.People)
	lines, eaters := 1+n/120, 0
	for i := range f.People {
		p := &f.People[i]
		switch {
		case p.Room != "":
			p.Commute = "dorm"
		case n >= busFrom && r.IntN(100) < 40:
			p.Commute, p.Bus = "shuttle", fmt.Sprintf("%d号线", 1+r.IntN(lines))
		default:
			p.Commute = otherWays[r.IntN(len(otherWays))]
		}
		if n >= tableFrom && r.IntN(100) < 70 {
			p.Table = fmt.Sprintf("%d号桌", 1+eaters/tableSize)
			eaters++
		}
	}
}
