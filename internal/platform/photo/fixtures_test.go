package photo

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

var (
	red   = color.RGBA{255, 0, 0, 255}
	green = color.RGBA{0, 255, 0, 255}
	blue  = color.RGBA{0, 0, 255, 255}
	white = color.RGBA{255, 255, 255, 255}
	black = color.RGBA{0, 0, 0, 255}
)

// quarters is a picture whose top left, top right, bottom left and bottom right
// quarters have the given colours.
func quarters(w, h int, tl, tr, bl, br color.Color) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			switch {
			case x < w/2 && y < h/2:
				m.Set(x, y, tl)
			case y < h/2:
				m.Set(x, y, tr)
			case x < w/2:
				m.Set(x, y, bl)
			default:
				m.Set(x, y, br)
			}
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tiffWith builds EXIF metadata by hand: an orientation, the maker's name and a
// GPS directory with a latitude reference.
func tiffWith(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	entry := func(tag, kind uint16, count uint32, value []byte) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, kind)
		b = order.AppendUint32(b, count)
		b = append(b, value...)
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 3)
	entry(0x010f, 2, 4, []byte("ACME"))                                     // Make
	entry(0x0112, 3, 1, append(order.AppendUint16(nil, orientation), 0, 0)) // Orientation
	entry(0x8825, 4, 1, order.AppendUint32(nil, 50))                        // GPS directory at 50
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 1)
	entry(0x0001, 2, 2, []byte("N\x00\x00\x00")) // GPSLatitudeRef
	b = order.AppendUint32(b, 0)
	return append(b, "GPS 36.8131 118.0548"...)
}

func withAPP1(picture, payload []byte) []byte {
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(payload)+2))
	segment = append(segment, payload...)
	return append(append(bytes.Clone(picture[:2]), segment...), picture[2:]...)
}

func exifJPEG(t testing.TB, m image.Image, order binary.AppendByteOrder, orientation uint16) []byte {
	t.Helper()
	return withAPP1(jpegOf(t, m), append([]byte("Exif\x00\x00"), tiffWith(order, orientation)...))
}

// twoPixels is a WebP of a black and a red pixel side by side, as lossless
// VP8L: header, no transform, no cache, five prefix codes, one bit a pixel.
func twoPixels(orientation uint16) []byte {
	stream, n := []byte{0x2f}, 0
	put := func(value, width int) {
		for i := range width {
			if n%8 == 0 {
				stream = append(stream, 0)
			}
			stream[len(stream)-1] |= byte(value >> i & 1 << (n % 8))
			n++
		}
	}
	put(1, 14)                       // width - 1
	put(0, 14+1+3)                   // height - 1, alpha, version
	put(0, 3)                        // no transform, cache or meta codes
	put(0b0001, 4)                   // green: simple code, one symbol of one bit: 0
	put(0b111, 3)                    // red: simple code, two symbols, the first of eight bits:
	put(255<<8, 16)                  //   0 and 255
	put(0b0001, 4)                   // blue: 0
	put(0b101|255<<3, 11)            // alpha: 255
	put(0b0001, 4)                   // distance: 0
	put(0b10, 2)                     // black, red
	stream = append(stream, 0, 0, 0) // room to read ahead

	var body []byte
	add := func(name string, content []byte) {
		body = append(body, name...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(content)))
		body = append(body, content...)
		if len(content)%2 == 1 {
			body = append(body, 0)
		}
	}
	add("VP8X", []byte{8, 0, 0, 0, 1, 0, 0, 0, 0, 0})
	add("VP8L", stream)
	add("EXIF", tiffWith(binary.LittleEndian, orientation))
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4))
	return append(append(out, "WEBP"...), body...)
}
