package ui

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSpark(t *testing.T) {
	s := NewSpark("up", 1, 2, 3)
	if want := "M0 25L48.5 14L97 3"; s.Path != want {
		t.Errorf("path %q, want %q", s.Path, want)
	}
	if got := NewSpark("gap", 1, math.NaN(), 3, 2).Path; strings.Count(got, "M") != 2 {
		t.Errorf("a gap is drawn over: %q", got)
	}
	if got := NewSpark("flat", 5, 5).Path; got != "M0 14L97 14" {
		t.Errorf("flat line %q", got)
	}
	if NewSpark("one", 1) != nil || NewSpark("none", math.NaN(), 2) != nil {
		t.Error("drew a line through fewer than two values")
	}
}

func TestAxisEnclosesValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		percent := rapid.Bool().Draw(t, "percent")
		top := 1e6
		if percent {
			top = 100
		}
		lo := rapid.Float64Range(0, top).Draw(t, "lo")
		hi := rapid.Float64Range(lo, top).Draw(t, "hi")
		ticks := axis(lo, hi, percent)
		first, last := ticks[0], ticks[len(ticks)-1]
		if first > lo+1e-6 || last < hi-1e-6 {
			t.Fatalf("axis(%v, %v) = %v leaves values outside", lo, hi, ticks)
		}
		if n := len(ticks); n < 2 || n > 8 {
			t.Fatalf("axis(%v, %v) has %d ticks", lo, hi, n)
		}
		if percent && (first < 0 || last > 100) {
			t.Fatalf("percent axis %v", ticks)
		}
	})
}

func TestTrend(t *testing.T) {
	goal := 98.0
	c := NewTrend(key, TrendSpec{
		ID: "t", Head: "week", Labels: []string{"w1", "w2", "w3"}, Percent: true, Goal: &goal, GoalLabel: "goal",
		Series: []Series{{"ours", []float64{90, math.NaN(), 100}}, {"city", []float64{91, 92.5}}},
	})
	if len(c.Trend.Series) != 2 || len(c.Trend.Series[0].Points) != 2 || c.Goal != "98" || c.Trend.Goal == nil {
		t.Fatalf("trend: %+v", c.Trend)
	}
	if got := c.Rows[1].Cells[0]; got != (ChartCell{Text: "—"}) {
		t.Errorf("a missing value shows as %+v", got)
	}
	if got := c.Rows[2].Cells[1]; got != (ChartCell{Text: "—"}) {
		t.Errorf("a value past the end of its series shows as %+v", got)
	}
	if got := c.Rows[1].Cells[1]; got != (ChartCell{Text: "92.5%", Raw: "92.5"}) {
		t.Errorf("value: %+v", got)
	}
	if c := NewTrend(key, TrendSpec{Labels: []string{"w1"}, Series: []Series{{"none", []float64{math.NaN()}}}}); c.Trend != nil || len(c.Rows) != 1 {
		t.Errorf("nothing to draw: %+v", c)
	}
}

func TestTrendTicksAreFew(t *testing.T) {
	for n := 1; n <= 60; n++ {
		labels := make([]string, n)
		labels[n-1] = "last"
		ticks := xTicks(labels)
		if len(ticks) > 8 || ticks[len(ticks)-1].Label != "last" {
			t.Errorf("%d labels give %d ticks ending in %q", n, len(ticks), ticks[len(ticks)-1].Label)
		}
	}
}

func TestTileMapPlacesEveryArea(t *testing.T) {
	var areas []Area
	for code := range tilePlaces {
		areas = append(areas, Area{Code: code})
	}
	areas = append(areas, Area{Code: "370399"}, Area{Code: "elsewhere"})
	m := NewTileMap(key, "m", "title", "", areas)
	seen := map[[2]int]string{}
	for _, tile := range m.Tiles {
		at := [2]int{tile.X, tile.Y}
		if other, taken := seen[at]; taken {
			t.Errorf("%s lies on %s", tile.Code, other)
		}
		seen[at] = tile.Code
		if tile.X+tile.Side > m.Width || tile.Y+tile.Side > m.Height {
			t.Errorf("%s lies outside the drawing", tile.Code)
		}
	}
	if len(tilePlaces) != 11 {
		t.Errorf("%d places, want eight districts and counties and three zones", len(tilePlaces))
	}
}

func TestRateLevel(t *testing.T) {
	for _, tt := range []struct{ num, den, want int }{
		{0, 0, 0}, {0, 10, 1}, {799, 1000, 1}, {800, 1000, 2}, {899, 1000, 2}, {900, 1000, 3}, {949, 1000, 3},
		{950, 1000, 4}, {999, 1000, 4}, {1000, 1000, 5},
	} {
		if got := RateLevel(tt.num, tt.den); got != tt.want {
			t.Errorf("RateLevel(%d, %d) = %d, want %d", tt.num, tt.den, got, tt.want)
		}
	}
}

func TestSmallHeatCellIsHidden(t *testing.T) {
	if c := NewHeatCell(key, 3, 4, 5); c.Text != "—" || c.Level != 0 || strings.ContainsAny(c.Title, "34") {
		t.Errorf("a small cell lets figures through: %+v", c)
	}
	if c := NewHeatCell(key, 5, 5, 5); c.Text != "100%" || c.Level != 5 || c.Title != "5 / 5" {
		t.Errorf("cell: %+v", c)
	}
}
