package regime

import (
	"flag"
	"os"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zones
)

// TestMain has rapid try 10,000 cases of each property unless told otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		if err := checks.Value.Set("10000"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

var (
	shanghai = mustZone("Asia/Shanghai")
	pack     = mustPack("zibo-2022-03")
)

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func mustPack(id string) *Pack {
	p, err := Builtin(id)
	if err != nil {
		panic(err)
	}
	return p
}

// cst reads a Shanghai wall clock time such as "2022-03-24 09:00:00".
func cst(s string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, s, shanghai)
	if err != nil {
		panic(err)
	}
	return t
}
