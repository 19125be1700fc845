package ui

import "strings"

// Actor names who did something; the program is not called by the name of its part.
func Actor(t Translate, name string) string {
	if strings.HasPrefix(name, "system:") {
		return t("common.program")
	}
	return name
}
