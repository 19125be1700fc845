package i18n_test

import (
	"testing"
	"testing/fstest"

	"github.com/fugong/fugong/internal/platform/i18n"
)

func catalog(t *testing.T) *i18n.Catalog {
	t.Helper()
	c, err := i18n.Load(fstest.MapFS{
		"a.zh-CN.json": {Data: []byte(`{"hello": "您好，{{.Name}}", "people": "{{.Count}} 人", "only": "只有中文"}`)},
		"a.en.json":    {Data: []byte(`{"hello": "Hello {{.Name}}", "people": {"one": "{{.Count}} person", "other": "{{.Count}} people"}, "files": "{{.Count}} file(s)"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTextsInBothLanguages(t *testing.T) {
	zh, en := catalog(t).Printer(i18n.Chinese), catalog(t).Printer(i18n.English)
	for _, c := range []struct{ got, want string }{
		{zh.T("hello", "Name", "王敏"), "您好，王敏"},
		{en.T("hello", "Name", "Min"), "Hello Min"},
		{zh.T("people", "Count", 1), "1 人"},
		{en.T("people", "Count", 1), "1 person"},
		{en.T("people", "Count", 3), "3 people"},
		{en.T("people", "Count", "1,234"), "1,234 people"},
		{en.T("files", "Count", 1), "1 file(s)"},
		{en.T("nothing"), "⟦nothing⟧"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if zh.Has("files") || !zh.Has("only") {
		t.Error("Has must not fall back to another language")
	}
}

func TestTheReadersLanguage(t *testing.T) {
	for accept, want := range map[string]string{"": i18n.Chinese, "en-GB,en;q=0.9": i18n.English, "zh-TW": i18n.Chinese, "de,en;q=0.5": i18n.English, "fr": i18n.Chinese, "@@": i18n.Chinese} {
		if got := catalog(t).Match(accept); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}
