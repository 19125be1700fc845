package ui

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
)

// Icon is the named line icon as inline SVG, 24 × 24, drawn in the text colour
// and hidden from screen readers: a word always stands beside it. An unknown
// name is an error, so that a misspelt one fails the first render. No name, no
// icon.
func Icon(name string) (template.HTML, error) {
	if name == "" {
		return "", nil
	}
	shape, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("ui: no icon named %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">` + shape + `</svg>`), nil
}

// IconNames lists the names that Icon knows.
func IconNames() []string { return slices.Sorted(maps.Keys(icons)) }

// icons holds the shapes; stroke and fill come from the stylesheet.
var icons = map[string]string{
	// States. Their outlines differ, so that they are told apart without colour.
	"check":     `<circle cx="12" cy="12" r="9"/><path d="m8 12.5 2.7 2.7L16 9.5"/>`,
	"clock":     `<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>`,
	"alert":     `<path d="M12 3.5 2.5 20h19L12 3.5Z"/><path d="M12 10v4.5M12 17.2v.3"/>`,
	"dashed":    `<circle cx="12" cy="12" r="9" stroke-dasharray="3.5 3.5"/><path d="M8.5 12h7"/>`,
	"tube":      `<path d="M8 3h8M9.5 3v14.5a2.5 2.5 0 0 0 5 0V3M9.5 12h5"/>`,
	"hourglass": `<path d="M6.5 3h11M6.5 21h11M8 3c0 5 4 5.5 4 9s-4 4-4 9M16 3c0 5-4 5.5-4 9s4 4 4 9"/>`,
	"shield":    `<path d="M12 3 5 5.5V11c0 4.6 2.8 8.2 7 10 4.2-1.8 7-5.4 7-10V5.5L12 3Z"/>`,
	"away":      `<circle cx="12" cy="12" r="9"/><path d="M8 12h8"/>`,
	"stop":      `<path d="M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3L8.3 3Z"/><path d="M9 9l6 6M15 9l-6 6"/>`,
	"question":  `<circle cx="12" cy="12" r="9"/><path d="M9.3 9.3a2.8 2.8 0 1 1 4 2.8c-.9.4-1.3 1-1.3 2M12 16.7v.3"/>`,
	"pool":      `<circle cx="8" cy="9" r="3.5"/><circle cx="16" cy="9" r="3.5"/><circle cx="12" cy="16" r="3.5"/>`,
	"dot":       `<circle cx="12" cy="12" r="4"/>`,
	"info":      `<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.3"/>`,

	// Things and places.
	"home":        `<path d="m3.5 11 8.5-7.5 8.5 7.5"/><path d="M6 9.5V20h12V9.5M10 20v-5.5h4V20"/>`,
	"user":        `<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.8-4 3.6-6 7.5-6s6.7 2 7.5 6"/>`,
	"people":      `<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 19.5c.6-3.5 3-5.3 6.5-5.3s5.9 1.8 6.5 5.3M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.6c2.2.6 3.6 2.3 4 4.9"/>`,
	"file":        `<path d="M6 3h8l4.5 4.5V21H6V3Z"/><path d="M13.5 3v5h5M9 13h6.5M9 16.5h6.5"/>`,
	"calendar":    `<path d="M4 5.5h16V20H4V5.5ZM4 10h16M8 3v4.5M16 3v4.5"/>`,
	"bell":        `<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5h4"/>`,
	"building":    `<path d="M5 21V3.5h9V21M14 9h5v12M3 21h18M8 7.5h3M8 11.5h3M8 15.5h3"/>`,
	"thermometer": `<path d="M10 13.8V5a2 2 0 0 1 4 0v8.8a4.2 4.2 0 1 1-4 0Z"/><path d="M12 9v8"/>`,
	"chart":       `<path d="M4 4v16h16"/><path d="m7.5 15 4-4.5 3 2.5 5-6"/>`,
	"bars":        `<path d="M4 20h16M6.5 20v-7M12 20V5M17.5 20v-10"/>`,
	"map":         `<path d="M4 4h7v7H4V4ZM13 4h7v7h-7V4ZM4 13h7v7H4v-7ZM13 13h7v7h-7v-7Z"/>`,
	"list":        `<path d="M8.5 6H20M8.5 12H20M8.5 18H20M4 6h.5M4 12h.5M4 18h.5"/>`,
	"inbox":       `<path d="M4 13.5 6.5 5h11l2.5 8.5V19H4v-5.5Z"/><path d="M4 13.5h4.5l1 2.5h5l1-2.5H20"/>`,
	"truck":       `<path d="M2.5 6h11v10.5h-11V6ZM13.5 9.5h4l3.5 3.5v3.5h-7.5"/><circle cx="7" cy="17.5" r="2"/><circle cx="17" cy="17.5" r="2"/>`,
	"spray":       `<path d="M8 10h6l1.5 3v8h-9v-8L8 10ZM9 10V6h4v4M13 6l4-2M18 4h.3M20 7h.3M20 3h.3"/>`,
	"box":         `<path d="m12 3 8.5 4.5v9L12 21l-8.5-4.5v-9L12 3Z"/><path d="M3.5 7.5 12 12l8.5-4.5M12 12v9"/>`,
	"qr":          `<path d="M4 4h6v6H4V4ZM14 4h6v6h-6V4ZM4 14h6v6H4v-6ZM14 14h3v3M20 14v6h-3M14 20v.3"/>`,
	"key":         `<circle cx="8" cy="15.5" r="4.5"/><path d="m11.3 12.2 8.2-8.2M16 7.5l3 3"/>`,
	"phone":       `<path d="M7 2.5h10v19H7v-19ZM10.5 18.5h3"/>`,
	"globe":       `<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c2.7 2.7 4 5.7 4 9s-1.3 6.3-4 9c-2.7-2.7-4-5.7-4-9s1.3-6.3 4-9Z"/>`,
	"gear":        `<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M18.4 5.6l-2.2 2.2M7.8 16.2l-2.2 2.2"/>`,

	// Acts.
	"search":   `<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>`,
	"plus":     `<path d="M12 4.5v15M4.5 12h15"/>`,
	"edit":     `<path d="M4 20v-4L16 4l4 4L8 20H4ZM13.5 6.5l4 4"/>`,
	"download": `<path d="M12 3.5v12M7 10.5l5 5 5-5M4 20h16"/>`,
	"upload":   `<path d="M12 15.5v-12M7 8.5l5-5 5 5M4 20h16"/>`,
	"camera":   `<path d="M3.5 7.5H8l1.5-2.5h5L16 7.5h4.5V19h-17V7.5Z"/><circle cx="12" cy="13" r="3.5"/>`,
	"eye":      `<path d="M2.5 12C5 7.7 8.2 5.5 12 5.5s7 2.2 9.5 6.5c-2.5 4.3-5.7 6.5-9.5 6.5S5 16.3 2.5 12Z"/><circle cx="12" cy="12" r="3"/>`,
	"copy":     `<path d="M8 8h12v12H8V8Z"/><path d="M16 8V4H4v12h4"/>`,
	"print":    `<path d="M7 8V3.5h10V8M7 17H4V8h16v9h-3"/><path d="M7 14h10v6.5H7V14Z"/>`,
	"link":     `<path d="M10 14a4 4 0 0 0 5.7 0l3.5-3.5a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.5 3.5a4 4 0 0 0 5.7 5.7l1.5-1.5"/>`,
	"exit":     `<path d="M14 4H5v16h9M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5"/>`,
	"close":    `<path d="m6 6 12 12M18 6 6 18"/>`,
	"more":     `<path d="M5 12h.3M12 12h.3M19 12h.3"/>`,
	"left":     `<path d="m15 5-7 7 7 7"/>`,
	"right":    `<path d="m9 5 7 7-7 7"/>`,
	"up":       `<path d="m6 15 6-6 6 6"/>`,
	"down":     `<path d="m6 9 6 6 6-6"/>`,
	"undo":     `<path d="M4 9.5h10.5a5 5 0 0 1 0 10H9M8 5.5l-4 4 4 4"/>`,

	// The mark: a ring that comes round again, and a check.
	"logo": `<path d="M19.2 8.2A8.5 8.5 0 1 1 15.5 4.3"/><path d="m8 12 3 3 8.5-9"/>`,
}
