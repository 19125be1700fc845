package photo

import (
	"image"
	"image/draw"

	xdraw "golang.org/x/image/draw"
)

// shrink scales a picture down to a longest side, flat on white. A much larger
// picture is first averaged in whole blocks, row by row, so that neither time
// nor memory grows beyond what decoding took.
func shrink(m image.Image, longSide int) *image.RGBA {
	size := m.Bounds().Size()
	long := max(size.X, size.Y)
	flat := average(m, max(1, long/longSide))
	if long <= longSide {
		return flat
	}
	exact := func(side int) int { return max(1, (side*longSide+long/2)/long) }
	out := image.NewRGBA(image.Rect(0, 0, exact(size.X), exact(size.Y)))
	// Less than twice too large by now: two by two pixels cover everything.
	xdraw.ApproxBiLinear.Scale(out, out.Rect, flat, flat.Rect, draw.Src, nil)
	return out
}

// average draws m on white with every k by k block as one pixel.
func average(m image.Image, k int) *image.RGBA {
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, (b.Dx()+k-1)/k, (b.Dy()+k-1)/k))
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	sums := make([]uint64, 4*out.Rect.Dx())
	for y := 0; y < b.Dy(); y += k {
		clear(sums)
		height := min(k, b.Dy()-y)
		for dy := range height {
			for i := range row.Pix {
				row.Pix[i] = 0xff
			}
			draw.Draw(row, row.Rect, m, b.Min.Add(image.Pt(0, y+dy)), draw.Over)
			for x := range b.Dx() {
				sum, px := sums[x/k*4:], row.Pix[x*4:]
				sum[0] += uint64(px[0])
				sum[1] += uint64(px[1])
				sum[2] += uint64(px[2])
				sum[3]++
			}
		}
		line := out.Pix[y/k*out.Stride:]
		for i := 0; i < len(sums); i += 4 {
			n := sums[i+3]
			for c := range 3 {
				line[i+c] = uint8((sums[i+c] + n/2) / n)
			}
			line[i+3] = 0xff
		}
	}
	return out
}

// orient turns a picture upright by its EXIF orientation. For each of the
// result's pixels from gives the place in the original.
func orient(m *image.RGBA, orientation int) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	right, bottom := w-1, h-1
	var from func(x, y int) (int, int)
	switch orientation {
	case 2: // mirrored
		from = func(x, y int) (int, int) { return right - x, y }
	case 3: // upside down
		from = func(x, y int) (int, int) { return right - x, bottom - y }
	case 4: // upside down, mirrored
		from = func(x, y int) (int, int) { return x, bottom - y }
	case 5: // lying on its right side, mirrored
		from = func(x, y int) (int, int) { return y, x }
	case 6: // to be turned right
		from = func(x, y int) (int, int) { return y, bottom - x }
	case 7: // lying on its left side, mirrored
		from = func(x, y int) (int, int) { return right - y, bottom - x }
	case 8: // to be turned left
		from = func(x, y int) (int, int) { return right - y, x }
	default:
		return m
	}
	if orientation >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := from(x, y)
			copy(out.Pix[out.PixOffset(x, y):][:4], m.Pix[m.PixOffset(sx, sy):])
		}
	}
	return out
}
