package planguard

import "strings"

// short is the beginning of a statement.
func short(query string) string {
	words := strings.Join(strings.Fields(query), " ")
	return words[:min(len(words), 90)]
}

func outline(all []asked) string {
	lines := make([]string, len(all))
	for i, a := range all {
		lines[i] = "  " + short(a.Query)
	}
	return strings.Join(lines, "\n")
}
