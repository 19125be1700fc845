package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
	"time"
)

// corners checks the four quarters of a cleaned picture.
func corners(t *testing.T, name string, p Photo, w, h int, want ...color.RGBA) {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(p.JPEG))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if size := m.Bounds().Size(); size != image.Pt(w, h) || p.Width != w || p.Height != h {
		t.Errorf("%s: %v pixels, says %dx%d, want %dx%d", name, size, p.Width, p.Height, w, h)
	}
	for i, at := range []image.Point{{w / 4, h / 4}, {w * 3 / 4, h / 4}, {w / 4, h * 3 / 4}, {w * 3 / 4, h * 3 / 4}} {
		if got := m.At(at.X, at.Y); !near(got, want[i]) {
			t.Errorf("%s: quarter %d is %v, want %v", name, i, got, want[i])
		}
	}
}

func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	apart := func(x, y uint32) bool { return max(x, y)-min(x, y) > 0x1800 }
	return !apart(ar, br) && !apart(ag, bg) && !apart(ab, bb)
}

func clean(t *testing.T, data []byte, lim Limits) Photo {
	t.Helper()
	p, err := Clean(data, lim)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Where the stored quarters red, green / blue, white belong when upright.
var upright = map[uint16][4]color.RGBA{
	1: {red, green, blue, white}, 2: {green, red, white, blue}, 3: {white, blue, green, red},
	4: {blue, white, red, green}, 5: {red, blue, green, white}, 6: {blue, red, white, green},
	7: {white, green, blue, red}, 8: {green, white, red, blue},
	0: {red, green, blue, white}, 9: {red, green, blue, white}, // nonsense is ignored
}

func TestOrientationAndNoMetadata(t *testing.T) {
	t.Parallel()
	stored := quarters(80, 48, red, green, blue, white)
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for o, want := range upright {
			data := exifJPEG(t, stored, order, o)
			if !bytes.Contains(data, []byte("GPS 36.8131")) {
				t.Fatal("the upload has no position to lose")
			}
			p := clean(t, data, Limits{})
			w, h := 80, 48
			if o >= 5 && o <= 8 {
				w, h = h, w
			}
			corners(t, order.String()+" "+string(rune('0'+o)), p, w, h, want[:]...)
			noMetadata(t, p.JPEG)
		}
	}
}

// noSegments checks that a JPEG has no application or comment segment at all.
func noSegments(t *testing.T, data []byte) {
	t.Helper()
	segments(data, func(marker byte, _ []byte) bool {
		if marker >= 0xe0 && marker <= 0xef || marker == 0xfe {
			t.Errorf("segment %x is left", marker)
		}
		return true
	})
}

func noMetadata(t *testing.T, data []byte) {
	t.Helper()
	noSegments(t, data)
	for _, text := range []string{"Exif", "GPS", "ACME", "36.8131", "http"} {
		if bytes.Contains(data, []byte(text)) {
			t.Errorf("%q is left", text)
		}
	}
}

func TestMetadataAnywhereIsLost(t *testing.T) {
	t.Parallel()
	m := quarters(40, 24, red, green, blue, white)
	xmp := append([]byte("http://ns.adobe.com/xap/1.0/\x00"), "GPS 36.8131"...)
	data := withAPP1(exifJPEG(t, m, binary.LittleEndian, 6), xmp) // XMP first, then EXIF
	p := clean(t, append(data, "ACME: hidden behind the picture"...), Limits{})
	want := upright[6]
	corners(t, "after XMP", p, 24, 40, want[:]...)
	noMetadata(t, p.JPEG)
}

func TestPNG(t *testing.T) {
	t.Parallel()
	m := quarters(80, 48, red, green, blue, color.Transparent)
	corners(t, "plain", clean(t, pngOf(t, m), Limits{}), 80, 48, red, green, blue, white)

	plain := pngOf(t, m)
	chunk := append([]byte("eXIf"), tiffWith(binary.BigEndian, 8)...)
	data := bytes.Clone(plain[:33]) // signature and IHDR
	data = binary.BigEndian.AppendUint32(data, uint32(len(chunk)-4))
	data = append(data, chunk...)
	data = binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(chunk))
	data = append(data, plain[33:]...)
	p := clean(t, data, Limits{})
	corners(t, "eXIf", p, 48, 80, green, white, red, blue)
	noMetadata(t, p.JPEG)
}

func TestWebP(t *testing.T) {
	t.Parallel()
	p := clean(t, twoPixels(6), Limits{})
	m, err := jpeg.Decode(bytes.NewReader(p.JPEG))
	if err != nil || m.Bounds().Size() != image.Pt(1, 2) {
		t.Fatalf("%v, %v", m.Bounds(), err)
	}
	// Chroma is shared by the two, so only the brightness can be told.
	if upper, lower := luma(m.At(0, 0)), luma(m.At(0, 1)); upper+40 > lower {
		t.Errorf("brightness %d over %d", upper, lower)
	}
	noMetadata(t, p.JPEG)
}

func luma(c color.Color) int { return int(color.GrayModel.Convert(c).(color.Gray).Y) }

func TestShrink(t *testing.T) {
	t.Parallel()
	cases := []struct{ w, h, side, wantW, wantH int }{
		{160, 90, 160, 160, 90},
		{161, 90, 160, 160, 89},
		{320, 180, 160, 160, 90},
		{100, 399, 160, 40, 160},
		{799, 401, 100, 100, 50},
		{4000, 2, 100, 100, 1},
		{3, 5, 1600, 3, 5},
		{1, 1, 1600, 1, 1},
	}
	for _, c := range cases {
		p := clean(t, pngOf(t, image.NewGray(image.Rect(0, 0, c.w, c.h))), Limits{LongSide: c.side})
		if p.Width != c.wantW || p.Height != c.wantH {
			t.Errorf("%dx%d to %d: %dx%d, want %dx%d", c.w, c.h, c.side, p.Width, p.Height, c.wantW, c.wantH)
		}
	}
	big := clean(t, jpegOf(t, quarters(2500, 500, red, green, blue, white)), Limits{})
	corners(t, "shrunk by default", big, 1600, 320, red, green, blue, white)
}

// Fine detail must become its average, not a pattern: every other pixel white.
func TestShrinkAverages(t *testing.T) {
	t.Parallel()
	m := image.NewGray(image.Rect(0, 0, 500, 500))
	for i := range m.Pix {
		m.Pix[i] = uint8(255 * ((i%500 + i/500) % 2))
	}
	small := shrink(m, 65)
	for i := 0; i < len(small.Pix); i += 4 {
		if v := small.Pix[i]; v < 108 || v > 147 {
			t.Fatalf("a grey of %d", v)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	good := jpegOf(t, quarters(64, 64, red, green, blue, white))
	goodPNG := pngOf(t, quarters(64, 64, red, green, blue, white))
	ftyp := func(brand string) []byte { return []byte("\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00mif1heic") }
	cases := []struct {
		name string
		data []byte
		lim  Limits
		want Code
	}{
		{"nil", nil, Limits{}, Empty},
		{"text", []byte("hello"), Limits{}, Unsupported},
		{"HTML", []byte("<html><script>alert(1)</script>"), Limits{}, Unsupported},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), Limits{}, Unsupported},
		{"GIF", []byte("GIF89a\x01\x00\x01\x00"), Limits{}, Unsupported},
		{"PDF", []byte("%PDF-1.7"), Limits{}, Unsupported},
		{"HEIC", ftyp("heic"), Limits{}, HEIC},
		{"HEIF", ftyp("mif1"), Limits{}, HEIC},
		{"AVIF", ftyp("avif"), Limits{}, Unsupported},
		{"MP4", ftyp("isom"), Limits{}, Unsupported},
		{"bytes", good, Limits{Bytes: len(good) - 1}, TooLarge},
		{"default bytes", make([]byte, 8<<20+1), Limits{}, TooLarge},
		{"pixels", good, Limits{Pixels: 64*64 - 1}, TooManyPixels},
		{"memory", good, Limits{Memory: 3*64*64 - 1}, TooManyPixels},
		{"memory of PNG", goodPNG, Limits{Memory: 8*64*64 - 1}, TooManyPixels},
		{"cut JPEG", good[:len(good)/2], Limits{}, Corrupt},
		{"JPEG header", good[:3], Limits{}, Corrupt},
		{"cut PNG", goodPNG[:len(goodPNG)/2], Limits{}, Corrupt},
		{"PNG header", goodPNG[:8], Limits{}, Corrupt},
		{"WebP header", []byte("RIFF\x04\x00\x00\x00WEBP"), Limits{}, Corrupt},
	}
	for _, c := range cases {
		p, err := Clean(c.data, c.lim)
		r, ok := errors.AsType[*Refusal](err)
		if !ok || r.Code != c.want || p.JPEG != nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if err := (&Refusal{HEIC}).Error(); err != "photo: heic" {
		t.Error(err)
	}
	clean(t, good, Limits{Bytes: len(good), Pixels: 64 * 64, Memory: 3 * 64 * 64})
	clean(t, goodPNG, Limits{Memory: 8 * 64 * 64})
}

// A header that claims a huge picture is refused at once, not decoded.
func TestBombs(t *testing.T) {
	t.Parallel()
	claim := func(w, h uint32) []byte {
		ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
		ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), 8, 6, 0, 0, 0)
		data := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), ihdr...)
		return binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(ihdr))
	}
	grayJPEG := jpegOf(t, image.NewGray(image.Rect(0, 0, 8, 8)))
	sof := bytes.Index(grayJPEG, []byte{0xff, 0xc0})
	huge := bytes.Clone(grayJPEG)
	copy(huge[sof+5:], "\xff\xff\xff\xff") // height and width
	// Progressive pictures cost more: 4000 x 4000 passes as baseline only.
	large := bytes.Clone(grayJPEG)
	copy(large[sof+5:], "\x0f\xa0\x0f\xa0")
	progressive := bytes.Clone(large)
	progressive[sof+1] = 0xc2

	start := time.Now()
	for name, data := range map[string][]byte{
		"PNG": claim(30000, 30000), "wide PNG": claim(40_000_000, 1), "tall PNG": claim(1, 1<<31-1),
		"JPEG": huge, "progressive": progressive,
	} {
		_, err := Clean(data, Limits{})
		if r, ok := errors.AsType[*Refusal](err); !ok || r.Code != TooManyPixels {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Clean(large, Limits{}); !strings.Contains(err.Error(), string(Corrupt)) {
		t.Errorf("baseline: %v", err) // the pixels are missing, but the size is fine
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzClean(f *testing.F) {
	m := quarters(24, 16, red, green, blue, black)
	f.Add(jpegOf(f, m))
	f.Add(pngOf(f, m))
	f.Add(twoPixels(3))
	f.Add(exifJPEG(f, m, binary.BigEndian, 7))
	f.Add(exifJPEG(f, m, binary.LittleEndian, 2)[:60])
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPEXIF\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Clean(data, Limits{Bytes: 1 << 16, Pixels: 1 << 16, LongSide: 64})
		if err != nil {
			if _, ok := errors.AsType[*Refusal](err); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		m, err := jpeg.Decode(bytes.NewReader(p.JPEG))
		if err != nil || m.Bounds().Size() != image.Pt(p.Width, p.Height) || max(p.Width, p.Height) > 64 {
			t.Fatalf("%dx%d, %v", p.Width, p.Height, err)
		}
		noSegments(t, p.JPEG)
	})
}
