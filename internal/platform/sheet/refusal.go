package sheet

import (
	"errors"
	"fmt"
)

// RefusalKind says why a file cannot be read as a sheet. Its string is a
// stable machine key.
type RefusalKind string

const (
	RefusedEmpty     RefusalKind = "empty"            // no bytes, or no row with content
	RefusedTooLarge  RefusalKind = "too_large"        // args: limit (bytes)
	RefusedBomb      RefusalKind = "bomb"             // unpacks to far too much; args: limit (bytes)
	RefusedRows      RefusalKind = "too_many_rows"    // args: limit, sheet
	RefusedColumns   RefusalKind = "too_many_columns" // args: limit, ref, sheet
	RefusedCell      RefusalKind = "cell_too_long"    // args: limit, ref, sheet
	RefusedLegacyXLS RefusalKind = "legacy_xls"       // Excel 97–2003
	RefusedXLSB      RefusalKind = "xlsb"             // Excel's binary workbook
	RefusedPassword  RefusalKind = "password"         // encrypted workbook
	RefusedHTML      RefusalKind = "html"             // a web page or XML table saved under a sheet's name
	RefusedPDF       RefusalKind = "pdf"
	RefusedImage     RefusalKind = "image"
	RefusedNotSheet  RefusalKind = "not_sheet"  // some other kind of file
	RefusedDamaged   RefusalKind = "damaged"    // broken or cut off; args: part
	RefusedEncoding  RefusalKind = "encoding"   // text in no known encoding
	RefusedQuotes    RefusalKind = "open_quote" // CSV: a quotation mark is never closed; args: row
	RefusedNoHeader  RefusalKind = "no_header"  // no sheet has a recognisable header row

)

// Refusal is the error of Open, of a row stream and of Book.Find: the file as
// a whole cannot be taken. The sender can do something about it, so each kind
// deserves its own words.
type Refusal struct {
	Kind RefusalKind
	Args map[string]any
	err  error // the underlying cause, for the log
}

func (r *Refusal) Error() string {
	msg := "sheet refused: " + string(r.Kind)
	if len(r.Args) > 0 {
		msg += fmt.Sprint(" ", r.Args)
	}
	if r.err != nil {
		msg += ": " + r.err.Error()
	}
	return msg
}

// Unwrap returns the cause, if there is one beside the refusal.
func (r *Refusal) Unwrap() error { return r.err }

// IsRefusal reports whether err is a Refusal of that kind.
func IsRefusal(err error, kind RefusalKind) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Kind == kind
}

func refuse(kind RefusalKind, args map[string]any) *Refusal {
	return &Refusal{Kind: kind, Args: args}
}

func damaged(part string, err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return &Refusal{Kind: RefusedDamaged, Args: map[string]any{"part": part}, err: err}
}
