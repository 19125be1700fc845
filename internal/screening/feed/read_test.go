package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/errs"
)

// readAll reads a body and tells each row as its line with what it says, or its fault.
func readAll(t testing.TB, src Source) []string {
	t.Helper()
	in, err := open(src)
	if err != nil {
		return []string{string(errs.CodeOf(err))}
	}
	var out []string
	for {
		var v values
		line, f, err := in.next(&v)
		switch {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			return append(out, err.Error())
		case f != nil:
			out = append(out, fmt.Sprint(line, " ", firstFault(line, f).Message.Key))
			continue
		}
		var said []string
		for i, text := range v {
			if len(text) > 0 {
				said = append(said, Fields[i]+"="+string(text))
			}
		}
		out = append(out, fmt.Sprint(line, " ", strings.Join(said, " ")))
	}
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	const head = "id_number,sampled_at,result,lab\n"
	for name, c := range map[string]struct{ body, want string }{
		"plain":        {head + "1,a,b,c\n2,a,b,\n", "2 id_number=1 sampled_at=a result=b lab=c|3 id_number=2 sampled_at=a result=b"},
		"no last end":  {head + "1,a,b,c", "2 id_number=1 sampled_at=a result=b lab=c"},
		"Windows":      {"\ufeff" + strings.ReplaceAll(head+"1,a,b,c\n", "\n", "\r\n"), "2 id_number=1 sampled_at=a result=b lab=c"},
		"quoted":       {head + "\"1\",a,b,\"x, \"\"y\"\"\"\n", `2 id_number=1 sampled_at=a result=b lab=x, "y"`},
		"two lines":    {head + "1,a,b,\"x\ny\"\n2,a,b,z\n", "2 id_number=1 sampled_at=a result=b lab=x\ny|4 id_number=2 sampled_at=a result=b lab=z"},
		"guarded":      {head + "\"=\"\"0012\"\"\",a,b,\n", "2 id_number=0012 sampled_at=a result=b"},
		"blank lines":  {head + "\n,,,\n1,a,b,\n", "4 id_number=1 sampled_at=a result=b"},
		"short":        {head + "1,a\n", "2 id_number=1 sampled_at=a"},
		"more columns": {head + "1,a,b,c,d\n1,a,b,c,\n", "2 api.feed.columns|3 id_number=1 sampled_at=a result=b lab=c"},
		"stray mark":   {head + "1,a\"b\"c,b,\n", "2 api.feed.quote"},
		"never closed": {head + "1,a,b,\"x\n", "2 api.feed.quote"},
		"long":         {head + strings.Repeat("x", MaxLine+1) + "\n1,a,b,\n", "2 api.feed.long|3 id_number=1 sampled_at=a result=b"},
		"long, quoted": {head + "\"" + strings.Repeat("x\n", MaxLine) + "\"\n", "2 api.feed.long"},
	} {
		got := readAll(t, Source{Body: strings.NewReader(c.body)})
		if name == "long, quoted" {
			got = got[:1] // what follows is no record any more
		}
		if text := strings.Join(got, "|"); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

// TestReadNDJSON compares with encoding/json: what it takes for an object of known texts is read as that, anything else is a fault.
func TestReadNDJSON(t *testing.T) {
	t.Parallel()
	check := func(t fataler, line string) {
		t.Helper()
		var v values
		s := scanner{rest: []byte(line)}
		f := s.object(&v)
		var want map[string]any
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.UseNumber()
		err := decoder.Decode(&want)
		if f == nil && err != nil {
			t.Fatalf("%q is no JSON and was read", line)
		}
		if f != nil {
			return
		}
		for name, value := range want {
			at, known := fieldOf(name)
			text := fmt.Sprint(value)
			if value == nil {
				text = ""
			}
			if !known || string(v[at]) != text {
				t.Fatalf("%q: %s is %q, want %q", line, name, v[at], text)
			}
		}
	}
	for _, line := range []string{`{}`, `{"lab":"a\"b\\cé\n"}`, `{"lab":null,"employee_id":12}`, ` { "lab" : "x" , "note":"y" } `, `{"lab":"x",}`,
		`{"lab":"x"} x`, `{"lab":1}`, `{"employee_id":01}`, `{"employee_id":1.5}`, `{"lab":"x","lab":"y"}`, `{"colour":"x"}`, `["lab"]`, `{"lab":"x`, `{"lab":"\q"}`} {
		check(t, line)
	}
	for line, fine := range map[string]bool{`{"lab":"a\"b"}`: true, `{"lab":"x","note":null}`: true, `{"lab":"x","lab":"y"}`: false, `{"lab":1}`: false} {
		var v values
		if s := (scanner{rest: []byte(line)}); (s.object(&v) == nil) != fine {
			t.Errorf("%s: fine is %t", line, !fine)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		alphabet := []string{`{`, `}`, `"`, `"lab"`, `"note"`, `"employee_id"`, `:`, `,`, `null`, `12`, `\`, `é`, ` `, `x`, "\t", `A`, `"a\"b"`}
		check(t, "{"+strings.Join(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 12).Draw(t, "tokens"), ""))
	})
}

// fataler is a testing.TB or a rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}
