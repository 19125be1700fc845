package rulebookhttp

import (
	"slices"
	"strings"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/regime"
)

// difference is one row of a comparison: the same difference of several categories is one.
type difference struct {
	label, old, now string
	direction       regime.Direction
	categories      []string
}

// differences says what differs between two packs, the tests first. What a value rests on and the names of packs are no rules.
func (w words) differences(before, after *regime.Pack) []difference {
	list := regime.Compare(before, after)
	out := w.testDifferences(before, after, list)
	for _, d := range list {
		if d.Category == "" && !skipped(d.Path) {
			out = append(out, difference{label: w.label(d.Path), old: w.value(d.Path, d.Old), now: w.value(d.Path, d.New), direction: d.Direction})
		}
	}
	return out
}

// testDifferences compares the rules of each category in words.
func (w words) testDifferences(before, after *regime.Pack, list []regime.Difference) []difference {
	var out []difference
	index := map[string]int{}
	add := func(category regime.Category, label, old, now string, fields ...string) {
		if old == now {
			return
		}
		key := label + "\x00" + old + "\x00" + now
		i, known := index[key]
		if !known {
			i = len(out)
			index[key] = i
			out = append(out, difference{label: label, old: old, now: now, direction: directionOf(list, category, fields)})
		}
		out[i].categories = append(out[i].categories, w.or("category."+string(category), string(category)))
	}
	for _, category := range categories(before, after) {
		oldTests, oldBlock := w.testsOf(before, category)
		newTests, newBlock := w.testsOf(after, category)
		add(category, w.t("rules.frequency"), oldTests, newTests, "interval_hours", "min_count_per_week", "min_gap_hours")
		add(category, w.t("rules.block"), oldBlock, newBlock, "block_on_overdue")
	}
	return out
}

// testsOf writes how often a category is tested and what follows when it is not.
func (w words) testsOf(p *regime.Pack, category regime.Category) (tests, block string) {
	var parts []string
	blocks := false
	for _, r := range p.Tests {
		if r.Category == category {
			parts = append(parts, w.frequency(r))
			blocks = blocks || r.BlockOnOverdue
		}
	}
	if len(parts) == 0 {
		return "—", "—"
	}
	return strings.Join(parts, w.t("rules.semicolon")), w.blocking(blocks).Label
}

// directionOf is the direction of a category's differences in some fields, if they all go the same way.
func directionOf(list []regime.Difference, category regime.Category, fields []string) regime.Direction {
	var found regime.Direction
	for _, d := range list {
		if d.Category != category || !slices.Contains(fields, last(d.Path)) {
			continue
		}
		if found != "" && d.Direction != found {
			return regime.Other
		}
		found = d.Direction
	}
	if found == "" {
		return regime.Other
	}
	return found
}

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func skipped(path string) bool {
	return slices.Contains([]string{"id", "version", "title", "effective_from", "effective_to", "basis", "kind", "ground", "class"}, last(path))
}

var directions = map[regime.Direction]ui.Badge{
	regime.Stricter: {Tone: ui.ToneWarn, Icon: "up"},
	regime.Looser:   {Tone: ui.ToneInfo, Icon: "down"},
	regime.Other:    {Tone: ui.ToneNeutral, Icon: "edit"},
}

// comparison is a table of what differs.
func (w words) comparison(id, caption string, before, after *regime.Pack) ui.Table {
	tb := ui.NewTable(w.t, id, caption)
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: w.t("rules.item"), Head: true}, {Label: w.t("rules.before")}, {Label: w.t("rules.after")}, {Label: w.t("rules.direction")}}
	for _, d := range w.differences(before, after) {
		badge := directions[d.direction]
		badge.Label = w.t("rules.direction." + string(d.direction))
		tb.Rows = append(tb.Rows, ui.Row{Label: d.label, Cells: []ui.Cell{{Text: d.label, Sub: w.people(d.categories)}, ui.Text(d.old), ui.Text(d.now), ui.Badges(badge)}})
	}
	tb.Empty = ui.Empty{Icon: "check", Title: w.t("rules.same"), Text: w.t("rules.same_hint")}
	return tb
}

// people names categories; a long list is cut.
func (w words) people(categories []string) string {
	const shown = 6
	n := len(categories)
	text := strings.Join(categories[:min(n, shown)], w.t("rules.comma"))
	if n > shown {
		text = w.t("rules.and_more", "First", text, "N", n)
	}
	return text
}

// summary says in one line what differs, the first few things.
func (w words) summary(before, after *regime.Pack) string {
	const shown = 3
	var parts []string
	rows := w.differences(before, after)
	for _, d := range rows[:min(len(rows), shown)] {
		text := w.t("rules.from_to", "Item", d.label, "From", d.old, "To", d.now)
		if len(d.categories) > 0 {
			text = w.people(d.categories) + w.t("common.colon") + text
		}
		parts = append(parts, text)
	}
	if len(rows) > shown {
		parts = append(parts, w.t("rules.more_differences", "N", len(rows)-shown))
	}
	if len(rows) == 0 {
		return w.t("rules.same")
	}
	return strings.Join(parts, w.t("rules.semicolon"))
}
