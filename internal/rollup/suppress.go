package rollup

import "sort"

// SmallCell is the least number of people a group must have on duty for its figures to be shown to the bureau. Below it a
// figure would point at a person.
const SmallCell = 5

// Suppress says which groups of a table are hidden. The table shows a total, so a single hidden group could be computed by
// subtraction: then the smallest shown one is hidden with it. Groups without anybody hide nothing and tell nothing.
func Suppress(owed []int) []bool {
	hidden := make([]bool, len(owed))
	count, last := 0, -1
	for i, n := range owed {
		if n > 0 && n < SmallCell {
			hidden[i] = true
			count++
			last = i
		}
	}
	if count != 1 || len(owed) == 1 {
		return hidden
	}
	order := make([]int, 0, len(owed))
	for i, n := range owed {
		if i != last && n > 0 {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return owed[order[a]] < owed[order[b]] })
	if len(order) > 0 {
		hidden[order[0]] = true
	}
	return hidden
}
