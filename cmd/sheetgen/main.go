// Command sheetgen writes the spreadsheets that imports are tested with, as
// offices really make them: one file for each kind of trouble.
//
//	go run ./cmd/sheetgen -out testdata/sheets
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
	out := flag.String("out", filepath.Join("testdata", "sheets"), "folder to write into")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "sheetgen:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	total := 0
	for _, f := range allFiles() {
		data, err := f.write()
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := os.WriteFile(filepath.Join(out, f.name), data, 0o644); err != nil {
			return err
		}
		total += len(data)
	}
	fmt.Printf("%d files, %d bytes\n", len(allFiles()), total)
	return nil
}

// section is a group of files in the README.
type section struct {
	title string
	files []file
}

func sections() []section {
	return []section{
		{"Rosters: how the table is laid out", layoutFiles()},
		{"Rosters: what stands in the cells", valueFiles()},
		{"Rosters as CSV", csvFiles()},
		{"Laboratory results (all people are those of roster-basic.xlsx)", labFiles()},
		{"Files to refuse", refusalFiles()},
	}
}

func allFiles() []file {
	var all []file
	for _, s := range sections() {
		all = append(all, s.files...)
	}
	return append(all,
		file{"vocabulary.json", "", vocabularyJSON},
		file{"README.md", "", readme},
	)
}

func readme() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`# Sheets as offices make them

Written by ` + "`go run ./cmd/sheetgen -out testdata/sheets`" + `; do not edit by hand. Everyone in them is invented:
identity numbers have the sequence codes 995 to 999, phone numbers begin with 1390000 or 1390001. The day of the
story is Thursday, 24 March 2022.

` + "`vocabulary.json`" + ` holds the column labels that the files use (key, synonyms, required), for a roster and for
laboratory results. ` + "`<file>.rows.json`" + ` is what package sheet reads from a file: header, columns, counts, first rows;
` + "`go test ./internal/platform/sheet -update`" + ` writes them anew.
`)
	for _, s := range sections() {
		fmt.Fprintf(&b, "\n## %s\n\n| file | trouble |\n| --- | --- |\n", s.title)
		for _, f := range s.files {
			fmt.Fprintf(&b, "| `%s` | %s |\n", f.name, f.what)
		}
	}
	return b.Bytes(), nil
}
