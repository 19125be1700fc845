package bench

import (
	"strings"
	"testing"
)

func TestTablesStandBetweenTheirMarkers(t *testing.T) {
	t.Parallel()
	const text = "a\n<!-- bench city begins -->\nold\n<!-- bench city ends -->\nb\n<!-- bench city peers begins -->\nold\n<!-- bench city peers ends -->\nc\n"
	got, err := replaced(text, "city peers", "new")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(text, "peers begins -->\nold\n", "peers begins -->\n\nnew\n", 1); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := replaced(text, "town", "new"); err == nil {
		t.Error("a table was written where there is no place for it")
	}
}

func TestWhatIsMissingIsNoFigure(t *testing.T) {
	t.Parallel()
	own, peers := split([]Figure{
		{Scenario: "log.api.c32", Value: 18000, Unit: "rows/s", Floor: 24000, Ratio: 0.75, Target: AtLeast(0.75)},
		{Scenario: "peers.list", Value: 1.5, Unit: "ms", Floor: 3, Ratio: 0.5, Peer: "PocketBase", Note: "50 people"},
		{Scenario: "peers.sheet", Peer: "LibreOffice", Absent: "not available: LibreOffice is not installed"},
	})
	if table := markdown(own); !strings.Contains(table, "| log.api.c32 | 18,000 rows/s | 24,000 | 0.75 |") || strings.Contains(table, "peers") {
		t.Errorf("own figures:\n%s", table)
	}
	table := markdownOfPeers(peers)
	for _, want := range []string{"| peers.list | 1.5 ms | PocketBase 3 ms | 0.5 |",
		"| peers.sheet | not measured | LibreOffice not measured |  |  |  |  | not available: LibreOffice is not installed |"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}
