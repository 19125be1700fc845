package regime

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fugong/fugong/internal/regime/strict"
)

// Difference is one value in which two packs differ.
type Difference struct {
	// Path is that of the value in the JSON, but entries of lists go by what
	// they are about: tests.driver.rolling.interval_hours, holds.symptom.min_hours.
	Path      string
	Category  Category // of a test rule, else empty
	Old, New  string   // as in JSON, texts without quotes; empty if absent
	Direction Direction
}

// Direction says what a difference means for the people under the rule.
type Direction string

const (
	Stricter Direction = "stricter"
	Looser   Direction = "looser"
	Other    Direction = "other"
)

// Compare lists the differences between two packs, ordered by path.
func Compare(old, new *Pack) []Difference {
	before, after := flat(old), flat(new)
	var list []Difference
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		d := Difference{Path: path, Old: before[path], New: after[path]}
		if d.Old == d.New {
			continue
		}
		if rest, ok := strings.CutPrefix(path, "tests."); ok {
			name, _, _ := strings.Cut(rest, ".")
			d.Category = Category(name)
		}
		d.Direction = direction(path, d.Old, d.New)
		list = append(list, d)
	}
	return list
}

// less and more name, by the last member of the path, the numbers whose smaller
// or greater value is the stricter. A true is a 1.
var (
	less = []string{"interval_hours", "result_late_hours", "no_record_hours", "exemption_grace_hours", "vaccination_exempt_hours",
		"max_hours", "fever_c", "pcr_hours", "automatic", "stop_isolate", "internal_report", "external_report_target",
		"external_report_hard", "contacts_list", "send_clinic", "verify", "answer", "resolve", "extended"}
	more = []string{"due_soon_hours", "min_count_per_week", "min_gap_hours", "block_on_overdue", "lookback_days", "overseas_days",
		"off_post", "min_hours", "negatives", "single_tube", "gap_hours", "proof", "incident", "dorm_temp_per_day",
		"gate_temp_each_entry", "stock_days", "m2_per_person", "cold_chain_prereport_hours", "cold_chain_keep_days",
		"noncold_rest_days", "times_per_day", "minutes"}
)

// direction compares two numbers. A test rule of a mode that is new is stricter,
// whatever its numbers.
func direction(path, old, new string) Direction {
	name := path[strings.LastIndexByte(path, '.')+1:]
	falls := slices.Contains(less, name)
	if !falls && !slices.Contains(more, name) {
		return Other
	}
	a, known := number(old)
	b, knows := number(new)
	switch {
	case known && knows && a == b, known != knows && !strings.HasPrefix(path, "tests."):
		return Other
	case !known:
		return Stricter
	case !knows:
		return Looser
	case b < a == falls:
		return Stricter
	}
	return Looser
}

func number(text string) (float64, bool) {
	switch text {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

func flat(p *Pack) map[string]string {
	out, err := strict.Flatten(p, "category", "kind", "ground", "class", "mode")
	if err != nil {
		panic(err) // a struct of numbers, texts and lists
	}
	return out
}
