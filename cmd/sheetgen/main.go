// Command sheetgen writes the spreadsheets that imports are tested with, as
// offices really make them: one file for each kind of trouble.
//
//	go run ./cmd/sheetgen
//
// The same program always writes the same bytes. All people in the files are
// invented: their identity numbers have the sequence codes 995 to 999, their
// phone numbers begin with 1390000 or 1390001.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// file is one file to write. what says in one line what it is for; the README
// is made of these lines.
type file struct {
	name  string
	what  string
	write func() ([]byte, error)
}

func main() {
	out := flag.String("out", "testdata", "folder to write the folders into")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "sheetgen:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	for _, d := range folders() {
		dir := filepath.Join(out, d.name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		total, files := 0, d.files()
		for _, f := range files {
			data, err := f.write()
			if err != nil {
				return fmt.Errorf("%s/%s: %w", d.name, f.name, err)
			}
			if err := os.WriteFile(filepath.Join(dir, f.name), data, 0o644); err != nil {
				return err
			}
			total += len(data)
		}
		fmt.Printf("%s: %d files, %d bytes\n", d.name, len(files), total)
	}
	return nil
}

// folder is the sheets of one folder of testdata. intro stands in its README.
type folder struct {
	name, intro string
	sections    []section
	extra       []file // not listed in the README
}

// section is a group of files in the README.
type section struct {
	title string
	files []file
}

func folders() []folder {
	return []folder{
		{"sheets", `
` + "`vocabulary.json`" + ` holds the column labels that the files use (key, synonyms, required), for a roster and for
laboratory results. ` + "`<file>.rows.json`" + ` is what package sheet reads from a file: header, columns, counts, first rows;
` + "`go test ./internal/platform/sheet -update`" + ` writes them anew.
`, []section{
			{"Rosters: how the table is laid out", layoutFiles()},
			{"Rosters: what stands in the cells", valueFiles()},
			{"Rosters as CSV", csvFiles()},
			{"Laboratory results (all people are those of roster-basic.xlsx)", labFiles()},
			{"Files to refuse", refusalFiles()},
		}, []file{{"vocabulary.json", "", vocabularyJSON}}},
		{"excuses", `
All people are those of sheets/roster-basic.xlsx. ` + "`<file>.outcome.json`" + ` is what becomes of each row when the sheet is
imported; ` + "`go test ./internal/exemption/excusesheet -update`" + ` writes them anew.
`, []section{
			{"Vaccinations", vaccinationFiles()},
			{"Exemptions", exemptionFiles()},
			{"Leave", leaveFiles()},
		}, nil},
	}
}

// files lists everything that is written into the folder.
func (d folder) files() []file {
	var all []file
	for _, s := range d.sections {
		all = append(all, s.files...)
	}
	all = append(all, d.extra...)
	return append(all, file{"README.md", "", d.readme})
}

func (d folder) readme() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`# Sheets as offices make them

Written by ` + "`go run ./cmd/sheetgen`" + `; do not edit by hand. Everyone in them is invented:
identity numbers have the sequence codes 995 to 999, phone numbers begin with 1390000 or 1390001. The day of the
story is Thursday, 24 March 2022.
`)
	b.WriteString(d.intro)
	for _, s := range d.sections {
		fmt.Fprintf(&b, "\n## %s\n\n| file | trouble |\n| --- | --- |\n", s.title)
		for _, f := range s.files {
			fmt.Fprintf(&b, "| `%s` | %s |\n", f.name, f.what)
		}
	}
	return b.Bytes(), nil
}
