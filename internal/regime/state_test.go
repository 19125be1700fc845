package regime

import "testing"

// The numbers are in databases: a change here is a data migration.
func TestStatesAreStable(t *testing.T) {
	tests := []struct {
		state        State
		value        uint8
		id           string
		owed, tested bool
	}{
		{OK, 1, "ok", true, true},
		{DueSoon, 2, "due_soon", true, true},
		{Overdue, 3, "overdue", true, false},
		{NoRecord, 4, "no_record", true, false},
		{Pending, 5, "pending", true, false},
		{ResultLate, 6, "result_late", true, false},
		{Exempt, 7, "exempt", false, false},
		{OffPost, 8, "off_post", false, false},
	}
	for _, tt := range tests {
		if uint8(tt.state) != tt.value || tt.state.String() != tt.id {
			t.Errorf("%v is %d", tt.state, tt.state)
		}
		if tt.state.Owed() != tt.owed || tt.state.Tested() != tt.tested {
			t.Errorf("%v: owed %v, tested %v", tt.state, tt.state.Owed(), tt.state.Tested())
		}
		if got, err := ParseState(tt.id); got != tt.state || err != nil {
			t.Errorf("ParseState(%q) = %v, %v", tt.id, got, err)
		}
	}
	for _, id := range []string{"", "OK", "state"} {
		if got, err := ParseState(id); err == nil || got != 0 {
			t.Errorf("ParseState(%q) = %v, %v", id, got, err)
		}
	}
	for _, s := range []State{0, 9, 255} {
		if s.Owed() || s.Tested() || s.String() == "" {
			t.Errorf("state %d counts as %q", s, s)
		}
	}
}

func TestResultsAreStable(t *testing.T) {
	ids := []string{1: "negative", 2: "positive", 3: "suspicious", 4: "pool_abnormal", 5: "pending", 6: "invalid", 7: "cancelled"}
	for value, id := range ids {
		if value == 0 {
			continue
		}
		if r := Result(value); r.String() != id {
			t.Errorf("%d is %v, want %s", value, r, id)
		}
		if got, err := ParseResult(id); got != Result(value) || err != nil {
			t.Errorf("ParseResult(%q) = %v, %v", id, got, err)
		}
	}
	if _, err := ParseResult("阴性"); err == nil {
		t.Error("ParseResult accepts a label")
	}
	if Result(0).String() != "Result(0)" || Result(8).String() != "Result(8)" {
		t.Errorf("unknown results read %v, %v", Result(0), Result(8))
	}
	if Worse(Negative, 0) != 0 || Worse(0, Positive) != Positive || Worse(200, Invalid) != 200 {
		t.Error("an unknown result must rank as pending")
	}
}

func TestVocabulariesAreClosed(t *testing.T) {
	type valid interface{ Valid() bool }
	good := []valid{
		MethodPCR, MethodAntigenSelf, MethodAntigenStaff,
		ModeSingle, ModePool5, ModePool10, ModePool20,
		SourceEmployerOrg, SourceCommunity, SourceSelf, SourceQuarantine, SourceImport,
		StatusOnPost, StatusWorkFromHome, StatusAwaitingReturn, StatusControlled, StatusLeave, StatusResigned,
		CategoryGeneralStaff, CategoryDriver,
	}
	for _, v := range good {
		if !v.Valid() {
			t.Errorf("%T %v is not valid", v, v)
		}
	}
	for _, v := range []valid{Method(""), Method("PCR"), CollectMode("pool3"), Source("lab"), WorkStatus("off_post"), Category("")} {
		if v.Valid() {
			t.Errorf("%T %q is valid", v, v)
		}
	}
}
