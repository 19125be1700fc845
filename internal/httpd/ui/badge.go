package ui

// Badge is a short state: an icon, a word and a tone. Component "ui/badge".
type Badge struct {
	Label string
	Tone  Tone
	Icon  string
	Solid bool // filled, for the few states that must catch the eye in a long list
}

// face is how a vocabulary value looks; its label comes from the locale files.
type face struct {
	tone  Tone
	icon  string
	solid bool
}

var standingFaces = map[string]face{
	"ok":          {ToneOK, "check", false},
	"due_soon":    {ToneWarn, "clock", false},
	"overdue":     {ToneDanger, "alert", true},
	"no_record":   {ToneDanger, "dashed", false},
	"pending":     {ToneInfo, "tube", false},
	"result_late": {ToneWarn, "hourglass", true},
	"exempt":      {ToneNeutral, "shield", false},
	"off_post":    {ToneNeutral, "away", false},
	"held":        {ToneHeld, "stop", true},
}

// StandingStates lists the standing states in the order in which they are shown,
// the pressing ones first.
func StandingStates() []string {
	return []string{"held", "overdue", "no_record", "result_late", "due_soon", "pending", "ok", "exempt", "off_post"}
}

// StandingBadge is the badge of a standing state, or of "held".
func StandingBadge(t Translate, state string) Badge {
	return badgeOf(t, "state."+state, standingFaces[state])
}

var resultFaces = map[string]face{
	"pending":       {ToneInfo, "tube", false},
	"negative":      {ToneOK, "check", false},
	"positive":      {ToneHeld, "stop", true},
	"suspicious":    {ToneHeld, "question", false},
	"pool_abnormal": {ToneHeld, "pool", false},
	"invalid":       {ToneWarn, "dashed", false},
	"cancelled":     {ToneNeutral, "away", false},
}

// ResultBadge is the badge of a test result.
func ResultBadge(t Translate, result string) Badge {
	return badgeOf(t, "result."+result, resultFaces[result])
}

var workFaces = map[string]face{
	"on_post":         {ToneOK, "check", false},
	"work_from_home":  {ToneInfo, "home", false},
	"awaiting_return": {ToneWarn, "hourglass", false},
	"controlled":      {ToneHeld, "stop", false},
	"leave":           {ToneNeutral, "away", false},
	"resigned":        {ToneNeutral, "exit", false},
}

// WorkBadge is the badge of a work status.
func WorkBadge(t Translate, status string) Badge {
	return badgeOf(t, "work_status."+status, workFaces[status])
}

// badgeOf falls back to a neutral badge, so that a value newer than this table
// still shows its name.
func badgeOf(t Translate, key string, f face) Badge {
	if f.icon == "" {
		f = face{ToneNeutral, "dot", false}
	}
	return Badge{Label: t(key), Tone: f.tone, Icon: f.icon, Solid: f.solid}
}
