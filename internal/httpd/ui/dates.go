package ui

import (
	"html/template"
	"regexp"
)

var writtenDay = regexp.MustCompile(`\d{4}-\d{2}-\d{2}( [(][^)]{1,6}[)])?( \d{2}:\d{2})?`)

// Dates is a text whose days and times do not break across lines. In templates it is "dates".
func Dates(text string) template.HTML {
	escaped := template.HTMLEscapeString(text)
	return template.HTML(writtenDay.ReplaceAllString(escaped, `<span class="whole">$0</span>`)) // nothing but escaped text and the span
}
