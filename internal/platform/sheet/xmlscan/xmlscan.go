// Package xmlscan cuts XML into tags and texts without copying and without
// building anything. It knows as much XML as the parts of an office file need:
// it checks no nesting, drops namespace prefixes, and refuses document types,
// so that there are no entities to expand. encoding/xml does more and takes
// several times as long.
package xmlscan

import (
	"bytes"
	"errors"
	"io"
)

// Kind is the kind of a token.
type Kind uint8

const (
	End   Kind = iota // of the input, or an error: see Scanner.Err
	Open              // a start tag; with Empty it is its own end tag
	Close             // an end tag
	Text              // what stands between tags
)

var (
	ErrToken   = errors.New("XML token too long")
	ErrDocType = errors.New("XML document type not allowed")
	ErrSyntax  = errors.New("XML syntax")
)

// Scanner reads one document. Its fields describe the token that Next read
// last; their slices are valid until the next call.
type Scanner struct {
	Kind  Kind
	Name  []byte // of a tag, without its prefix
	Attrs []byte // of a start tag, as written: see NextAttr
	Empty bool   // of a start tag: <v/>
	Err   error  // why Next returned End before the end of the input

	MaxToken int // the most bytes a tag or text may have; set by New

	r        io.Reader
	buf      []byte
	pos, end int    // the unread part of buf
	text     []byte // of a text, as written: see AppendText
	cdata    bool   // text is to be taken literally
}

// New returns a scanner of r that gives up with ErrToken at a tag or a text of
// more than maxToken bytes. It buffers no more than twice that.
func New(r io.Reader, maxToken int) *Scanner {
	return &Scanner{r: r, buf: make([]byte, 64<<10), MaxToken: maxToken}
}

// Next reads the next tag or text and returns its kind, End after the last.
func (x *Scanner) Next() Kind {
	for {
		if x.pos == x.end && !x.fill() {
			return x.stop(nil)
		}
		if x.buf[x.pos] != '<' {
			return x.readText()
		}
		if x.end-x.pos >= 2 && x.buf[x.pos+1] != '!' && x.buf[x.pos+1] != '?' {
			return x.readTag()
		}
		kind, done := x.readMarkup()
		if done {
			return kind
		}
	}
}

func (x *Scanner) stop(err error) Kind {
	if x.Err == nil {
		x.Err = err
	}
	x.Kind = End
	return End
}

// fill reads more input behind the unread part. It reports false at the end
// and on an error, which it stores.
func (x *Scanner) fill() bool {
	if x.Err != nil {
		return false
	}
	if x.pos > 0 {
		copy(x.buf, x.buf[x.pos:x.end])
		x.end -= x.pos
		x.pos = 0
	}
	if x.end == len(x.buf) {
		if len(x.buf) >= x.MaxToken {
			x.Err = ErrToken
			return false
		}
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	for range 100 {
		n, err := x.r.Read(x.buf[x.end:])
		x.end += n
		if n > 0 {
			return true
		}
		if err == io.EOF {
			return false
		}
		if err != nil {
			x.Err = err
			return false
		}
	}
	x.Err = io.ErrNoProgress
	return false
}

// find returns the length of the unread part up to and with the first stop,
// from offset from on, reading as much as it takes; -1 if it never comes.
func (x *Scanner) find(stop string, from int) int {
	for {
		unread := x.buf[x.pos:x.end]
		if from <= len(unread) {
			if i := bytes.Index(unread[from:], []byte(stop)); i >= 0 {
				return from + i + len(stop)
			}
			from = max(from, len(unread)-len(stop)+1)
		}
		if !x.fill() {
			return -1
		}
	}
}

func (x *Scanner) readText() Kind {
	n := x.find("<", 0)
	if n < 0 {
		if x.Err != nil {
			return x.stop(x.Err)
		}
		n = x.end - x.pos + 1 // text at the very end of the input
	}
	x.text, x.cdata = x.buf[x.pos:x.pos+n-1], false
	x.pos += n - 1
	x.Kind = Text
	return Text
}

// readMarkup reads what begins with '<' and may be no tag. done is false for
// what carries nothing: comments and processing instructions.
func (x *Scanner) readMarkup() (kind Kind, done bool) {
	for x.end-x.pos < 9 && x.fill() { // 9 = len("<![CDATA[")
	}
	head := x.buf[x.pos:min(x.end, x.pos+9)]
	switch {
	case bytes.HasPrefix(head, []byte("<!--")):
		return x.skipTo("-->", 4)
	case bytes.HasPrefix(head, []byte("<?")):
		return x.skipTo("?>", 2)
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		return x.readCDATA(), true
	case bytes.HasPrefix(head, []byte("<!")):
		return x.stop(ErrDocType), true
	}
	return x.readTag(), true
}

func (x *Scanner) skipTo(stop string, from int) (Kind, bool) {
	n := x.find(stop, from)
	if n < 0 {
		return x.stop(ErrSyntax), true
	}
	x.pos += n
	return End, false
}

func (x *Scanner) readCDATA() Kind {
	n := x.find("]]>", 9)
	if n < 0 {
		return x.stop(ErrSyntax)
	}
	x.text, x.cdata = x.buf[x.pos+9:x.pos+n-3], true
	x.pos += n
	x.Kind = Text
	return Text
}

func (x *Scanner) readTag() Kind {
	n := x.tagLength()
	if n < 0 {
		return x.stop(ErrSyntax)
	}
	tag := x.buf[x.pos+1 : x.pos+n-1]
	x.pos += n
	x.Kind = Open
	if len(tag) > 0 && tag[0] == '/' {
		x.Kind, tag = Close, tag[1:]
	}
	x.Empty = len(tag) > 0 && tag[len(tag)-1] == '/'
	if x.Empty {
		tag = tag[:len(tag)-1]
	}
	x.Name, x.Attrs = tag, nil
	for i, b := range tag {
		if b == ':' {
			x.Name = tag[i+1:]
		}
		if b <= ' ' {
			x.Name, x.Attrs = x.Name[:len(x.Name)-len(tag)+i], tag[i:]
			break
		}
	}
	if len(x.Name) == 0 {
		return x.stop(ErrSyntax)
	}
	return x.Kind
}

// tagLength is the length of the tag that begins the unread part, with its
// '>'; -1 if the input ends before. A '>' in an attribute's value ends no tag.
func (x *Scanner) tagLength() int {
	var quote byte
	for i := 1; ; {
		unread := x.buf[x.pos:x.end]
		for ; i < len(unread); i++ {
			switch b := unread[i]; {
			case quote != 0:
				if b == quote {
					quote = 0
				}
			case b == '"' || b == '\'':
				quote = b
			case b == '>':
				return i + 1
			}
		}
		if !x.fill() {
			return -1
		}
	}
}
