// Package photo turns an uploaded picture into one that is safe to keep and
// show: a plain JPEG, upright, no longer than 1600 pixels, and without metadata.
//
// Phones write the place, time and device into a picture. Clean decodes it and
// encodes the pixels anew, so none of that, nor anything hidden behind the
// picture, survives. What is not a picture is refused by its content, whatever
// its name says, and before it can take more memory than allowed.
package photo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"
)

// Code is a machine-readable reason for refusing an upload.
type Code string

// The reasons. Each is stable: translations are keyed by it.
const (
	Empty         Code = "empty"           // no bytes
	TooLarge      Code = "too_large"       // more bytes than allowed
	TooManyPixels Code = "too_many_pixels" // decoding it would take too much memory
	HEIC          Code = "heic"            // iPhone format: set the camera to "most compatible"
	Unsupported   Code = "unsupported"     // not JPEG, PNG or WebP
	Corrupt       Code = "corrupt"         // begins like a picture but cannot be read
)

// Refusal is the error of Clean.
type Refusal struct{ Code Code }

// Error implements error.
func (r *Refusal) Error() string { return "photo: " + string(r.Code) }

// Limits bound what Clean takes and makes. A zero field means its default.
type Limits struct {
	Bytes    int // of the upload; 8 MiB
	Pixels   int // of the upload, width times height; 50 million
	Memory   int // bytes that decoding may take; 200 MiB
	LongSide int // of the result in pixels; 1600
	Quality  int // of the result, as in image/jpeg; 82
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		field *int
		value int
	}{{&l.Bytes, 8 << 20}, {&l.Pixels, 50_000_000}, {&l.Memory, 200 << 20}, {&l.LongSide, 1600}, {&l.Quality, 82}} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
	return l
}

// Photo is a cleaned picture.
type Photo struct {
	JPEG          []byte
	Width, Height int // in pixels, as shown
}

// decoding lets two uploads be decoded at a time: the memory limit is per
// picture, and a shift that uploads at once must not exhaust a small machine.
var decoding = make(chan struct{}, 2)

// Clean checks and re-encodes an upload: JPEG, PNG or the first frame of a
// WebP. Transparent parts become white. The error is always a *Refusal.
func Clean(data []byte, lim Limits) (Photo, error) {
	lim = lim.withDefaults()
	if len(data) == 0 {
		return Photo{}, &Refusal{Empty}
	}
	if len(data) > lim.Bytes {
		return Photo{}, &Refusal{TooLarge}
	}
	f, code := sniff(data)
	if code != "" {
		return Photo{}, &Refusal{code}
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	m, code := f.load(data, lim)
	if code != "" {
		return Photo{}, &Refusal{code}
	}
	upright := orient(shrink(m, lim.LongSide), orientation(f.exif(data)))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright, &jpeg.Options{Quality: lim.Quality}); err != nil {
		return Photo{}, &Refusal{Corrupt} // a buffer takes all; only sizes over 65535 fail
	}
	return Photo{JPEG: out.Bytes(), Width: upright.Rect.Dx(), Height: upright.Rect.Dy()}, nil
}

// format is a kind of picture that can be read.
type format struct {
	magic  func(data []byte) bool
	config func(data []byte) (image.Config, error)
	decode func(data []byte) (image.Image, error)
	// cost is the most bytes per pixel that decode takes.
	cost func(data []byte, model color.Model) int
	// exif returns the TIFF part of the metadata, or nil.
	exif func(data []byte) []byte
}

var formats = []format{
	{
		magic:  func(d []byte) bool { return bytes.HasPrefix(d, []byte("\xff\xd8\xff")) },
		config: func(d []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(d)) },
		decode: func(d []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(d)) },
		cost:   jpegCost, exif: jpegEXIF,
	},
	{
		magic:  func(d []byte) bool { return bytes.HasPrefix(d, []byte("\x89PNG\r\n\x1a\n")) },
		config: func(d []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(d)) },
		decode: func(d []byte) (image.Image, error) { return png.Decode(bytes.NewReader(d)) },
		cost:   pngCost, exif: pngEXIF,
	},
	{
		magic:  func(d []byte) bool { return len(d) >= 12 && string(d[:4])+string(d[8:12]) == "RIFFWEBP" },
		config: func(d []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(d)) },
		decode: func(d []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(d)) },
		cost:   func([]byte, color.Model) int { return 9 }, exif: webpEXIF,
	},
}

func sniff(data []byte) (format, Code) {
	for _, f := range formats {
		if f.magic(data) {
			return f, ""
		}
	}
	if isHEIC(data) {
		return format{}, HEIC
	}
	return format{}, Unsupported
}

// isHEIC knows the ISO media brands of HEIF pictures with HEVC in them.
func isHEIC(data []byte) bool {
	if len(data) < 12 || string(data[4:8]) != "ftyp" {
		return false
	}
	switch string(data[8:12]) {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		return true
	}
	return false
}

// maxSide is the longest side that a JPEG can have; a PNG could claim more.
const maxSide = 65535

// load decodes a picture after its header shows that it keeps the limits.
func (f format) load(data []byte, lim Limits) (m image.Image, code Code) {
	// The decoders are well tested, but a panic in one must not end the service.
	defer func() {
		if recover() != nil {
			m, code = nil, Corrupt
		}
	}()
	config, err := f.config(data)
	if err != nil || config.Width <= 0 || config.Height <= 0 {
		return nil, Corrupt
	}
	if max(config.Width, config.Height) > maxSide {
		return nil, TooManyPixels
	}
	pixels := int64(config.Width) * int64(config.Height)
	if pixels > int64(lim.Pixels) || pixels*int64(f.cost(data, config.ColorModel)) > int64(lim.Memory) {
		return nil, TooManyPixels
	}
	m, err = f.decode(data)
	if err != nil {
		return nil, Corrupt
	}
	return m, ""
}
