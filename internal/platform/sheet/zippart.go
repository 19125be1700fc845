package sheet

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"

	"github.com/fugong/fugong/internal/platform/sheet/xmlscan"
)

// pack is the zip archive of a workbook. It hands out its parts as streams
// and counts what they unpack to against one allowance.
type pack struct {
	files map[string]*zip.File // by lower-case path without a leading slash
	limit int64                // of unpacked bytes of one part
}

// openPack reads the archive's directory. An archive that says of itself that
// it unpacks to more than the limit is refused at once; one that lies about it
// is caught by the reader of the part.
func openPack(data []byte, limit int64) (*pack, error) {
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damaged("zip", err)
	}
	p := &pack{files: make(map[string]*zip.File, len(zr.File)), limit: limit}
	var total uint64
	for _, f := range zr.File {
		if total += f.UncompressedSize64; total > uint64(limit) || f.UncompressedSize64 > uint64(limit) {
			return nil, refuse(RefusedBomb, map[string]any{"limit": limit})
		}
		p.files[partKey(f.Name)] = f
	}
	return p, nil
}

// partKey forgives what some writers do: backslashes, a leading slash, case.
func partKey(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+name), "/"))
}

func (p *pack) has(name string) bool { return p.files[partKey(name)] != nil }

// open streams a part. The stream ends in a Refusal if the part unpacks to
// more than the limit.
func (p *pack) open(name string) (*boundedReader, error) {
	f := p.files[partKey(name)]
	if f == nil {
		return nil, damaged(name, io.ErrUnexpectedEOF)
	}
	rc, err := f.Open()
	if err != nil {
		return nil, damaged(name, err)
	}
	return &boundedReader{ReadCloser: rc, limit: p.limit}, nil
}

// size is how many bytes the archive says that a part unpacks to.
func (p *pack) size(name string) int64 { return int64(p.files[partKey(name)].UncompressedSize64) }

type boundedReader struct {
	io.ReadCloser
	read, limit int64
}

func (b *boundedReader) Read(buf []byte) (int, error) {
	n, err := b.ReadCloser.Read(buf)
	if b.read += int64(n); b.read > b.limit {
		return 0, refuse(RefusedBomb, map[string]any{"limit": b.limit})
	}
	return n, err
}

// scan runs the part through f, tag by tag and text by text.
func (p *pack) scan(name string, maxToken int, f func(x *xmlscan.Scanner) error) error {
	rc, err := p.open(name)
	if err != nil {
		return err
	}
	defer rc.Close()
	x := xmlscan.New(rc, maxToken)
	for x.Next() != xmlscan.End {
		if err := f(x); err != nil {
			return damaged(name, err)
		}
	}
	if x.Err != nil {
		return damaged(name, x.Err)
	}
	return nil
}
