// Package qrsvg draws a QR code as the data of one SVG path, so that a page can
// show and print it sharp at any size without an image file or inline style.
//
//	<svg viewBox="0 0 {{.Modules}} {{.Modules}}" shape-rendering="crispEdges"
//	     role="img" aria-label="…"><path fill="#000" d="{{.Path}}"/></svg>
//
// Leave the background white: scanners want dark on light, in dark mode too.
package qrsvg

import (
	"errors"
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the empty border that scanners need, in modules (ISO/IEC 18004).
const quiet = 4

// Path returns the path of a QR code (15 % of it may be damaged) and the length
// of its side in modules, the quiet border included; one module is one unit.
// It fails on an empty text and on one too long, about 2,300 bytes.
func Path(text string) (path string, modules int, err error) {
	if text == "" {
		return "", 0, errors.New("qrsvg: empty text")
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", 0, fmt.Errorf("qrsvg: %d bytes: %w", len(text), err)
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for code.Black(x+run, y) { // false beyond the edge
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	return b.String(), code.Size + 2*quiet, nil
}
