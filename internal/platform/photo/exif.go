package photo

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"slices"
)

// segments yields the marker segments of a JPEG up to its pixels.
func segments(data []byte, yield func(marker byte, payload []byte) bool) {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xff { // fill byte
			at++
			continue
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		const startOfScan = 0xda
		if marker == startOfScan || end < at+4 || end > len(data) || !yield(marker, data[at+4:end]) {
			return
		}
		at = end
	}
}

// jpegCost: a baseline picture takes up to three bytes per pixel, one of four
// colours or of RGB is converted on top; a progressive one keeps four bytes for
// every coefficient until the end.
func jpegCost(data []byte, model color.Model) int {
	cost := 3
	if model != color.YCbCrModel && model != color.GrayModel {
		cost = 8
	}
	const progressive = 0xc2
	segments(data, func(marker byte, _ []byte) bool {
		if marker == progressive {
			cost += 16
		}
		return marker != progressive
	})
	return cost
}

// pngCost doubles the size of a pixel, for interlaced pictures come in passes.
func pngCost(_ []byte, model color.Model) int {
	switch model {
	case color.GrayModel:
		return 2
	case color.Gray16Model:
		return 4
	case color.RGBAModel, color.NRGBAModel:
		return 8
	case color.RGBA64Model, color.NRGBA64Model:
		return 16
	}
	return 2 // a palette
}

var exifHeader = []byte("Exif\x00\x00")

func jpegEXIF(data []byte) (tiff []byte) {
	segments(data, func(marker byte, payload []byte) bool {
		const app1 = 0xe1
		if marker == app1 && bytes.HasPrefix(payload, exifHeader) {
			tiff = payload[len(exifHeader):]
		}
		return tiff == nil
	})
	return tiff
}

// pngEXIF finds the eXIf chunk: each chunk is its length, name, content, CRC.
func pngEXIF(data []byte) []byte {
	for rest := data[8:]; len(rest) >= 8; {
		length, name := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		if length+12 > uint64(len(rest)) {
			return nil
		}
		if name == "eXIf" {
			return rest[8 : 8+length]
		}
		rest = rest[12+length:]
	}
	return nil
}

// webpEXIF finds the EXIF chunk: each chunk is its name, length and content,
// which is padded to an even length.
func webpEXIF(data []byte) []byte {
	for rest := data[12:]; len(rest) >= 8; {
		name, length := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		if length+8 > uint64(len(rest)) {
			return nil
		}
		if name == "EXIF" {
			return bytes.TrimPrefix(rest[8:8+length], exifHeader)
		}
		rest = rest[min(8+length+length%2, uint64(len(rest))):]
	}
	return nil
}

// orientation reads tag 0x0112 of the first directory (TIFF 6.0, EXIF 2.3): 1
// to 8, and 1 if there is none or it cannot be read.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(tiff[:4]) == "MM\x00*" {
		order = binary.BigEndian
	} else if string(tiff[:4]) != "II*\x00" {
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	const entrySize = 12
	entries := tiff[at+2:]
	entries = entries[:min(len(entries), entrySize*int(order.Uint16(tiff[at:])))]
	for entry := range slices.Chunk(entries, entrySize) {
		const tag, short = 0x0112, 3
		if len(entry) == entrySize && order.Uint16(entry) == tag && order.Uint16(entry[2:]) == short {
			if o := int(order.Uint16(entry[8:])); o >= 1 && o <= 8 {
				return o
			}
		}
	}
	return 1
}
