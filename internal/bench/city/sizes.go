package city

import (
	"math"
	"math/rand/v2"
)

const (
	smallest = 34
	largest  = 13351
	median   = 62
)

// sizes spreads people over enterprises by a shifted log-normal law: none below 34 people, half of them below 62, the largest
// with 13,351 where the city is large enough for that. They add up to people exactly and come in a fixed random order.
func sizes(orgs, people int) []int {
	if orgs == 1 {
		return []int{people}
	}
	floor, middle := smallest, float64(median-smallest)
	if mean := people / orgs; mean < 2*smallest {
		floor, middle = mean/2, float64(mean)/3
	}
	draw := func(spread float64) (out []int, sum int) {
		out = make([]int, orgs)
		for i := range out {
			z := math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/float64(orgs)-1)
			out[i] = floor + min(largest-floor, int(middle*math.Exp(spread*z)))
			sum += out[i]
		}
		return out, sum
	}
	low, high := 0.0, 4.0
	for range 60 {
		if _, sum := draw((low + high) / 2); sum > people {
			high = (low + high) / 2
		} else {
			low = (low + high) / 2
		}
	}
	out, sum := draw(low)
	if out[orgs-1] > largest-200 && orgs > 1000 {
		sum += largest - out[orgs-1]
		out[orgs-1] = largest
	}
	// What rounding left over goes to enterprises of the upper middle, one each.
	for i := orgs * 3 / 4; sum != people; i = orgs/2 + (i+1-orgs/2)%max(1, orgs*9/20) {
		step := 1
		if sum > people {
			step = -1
		}
		out[i] += step
		sum += step
	}
	r := rand.New(rand.NewPCG(370300, uint64(orgs)))
	r.Shuffle(orgs, func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
