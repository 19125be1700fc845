package ui

import (
	"math"
	"strconv"
	"strings"
)

// Spark is a very small line beside a number. Component "ui/spark".
type Spark struct {
	Path  string // SVG path data in a 100 × 28 box
	EndX  string
	EndY  string
	Label string // says in words what the line shows
}

const (
	sparkW = 100.0
	sparkH = 28.0
	pad    = 3.0
)

// NewSpark draws values, oldest first, scaled to their own range. NaN leaves a
// gap. It returns nil when fewer than two values can be drawn.
func NewSpark(label string, values ...float64) *Spark {
	lo, hi, n := extent(values)
	if n < 2 {
		return nil
	}
	if lo == hi {
		lo, hi = lo-1, hi+1
	}
	pts := scale(values, box{0, pad, sparkW - pad, sparkH - 2*pad}, lo, hi)
	end := pts[len(pts)-1]
	for i := len(pts) - 1; math.IsNaN(end.y); i-- {
		end = pts[i]
	}
	return &Spark{Path: linePath(pts), EndX: num(end.x), EndY: num(end.y), Label: label}
}

// box is a drawing area with its origin at the top left.
type box struct{ x, y, w, h float64 }

// point is a place in a drawing; y is NaN where there is no value.
type point struct{ x, y float64 }

// extent is the range of the values that are numbers, and how many are.
func extent(values []float64) (lo, hi float64, n int) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		lo, hi, n = math.Min(lo, v), math.Max(hi, v), n+1
	}
	return lo, hi, n
}

// scale spreads values evenly over b's width, lo at its foot and hi at its head.
func scale(values []float64, b box, lo, hi float64) []point {
	pts := make([]point, len(values))
	for i, v := range values {
		x := b.x + b.w/2
		if len(values) > 1 {
			x = b.x + b.w*float64(i)/float64(len(values)-1)
		}
		pts[i] = point{x, b.y + b.h*(1-(v-lo)/(hi-lo))}
	}
	return pts
}

// linePath joins the points; a point without a value breaks the line.
func linePath(pts []point) string {
	var b strings.Builder
	pen := false
	for _, p := range pts {
		if math.IsNaN(p.y) {
			pen = false
			continue
		}
		if pen {
			b.WriteByte('L')
		} else {
			b.WriteByte('M')
		}
		pen = true
		b.WriteString(num(p.x) + " " + num(p.y))
	}
	return b.String()
}

// num writes a coordinate with at most one decimal.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
