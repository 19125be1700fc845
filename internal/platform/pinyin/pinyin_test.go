package pinyin

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	gopinyin "github.com/mozillazg/go-pinyin"
	"pgregory.net/rapid"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, full, initials string }{
		{"张三", "zhangsan", "zs"},
		{"单雄信", "shanxiongxin", "sxx"},
		{"仇英", "qiuying", "qy"},
		{"解缙", "xiejin", "xj"},
		{"曾国藩", "zengguofan", "zgf"},
		{"区凯", "oukai", "ok"},
		{"查良镛", "zhaliangyong", "zly"},
		{"盖叫天", "gejiaotian", "gjt"},
		{"任长霞", "renchangxia", "rcx"},
		{"翟志刚", "zhaizhigang", "zzg"},
		{"朴树", "piaoshu", "ps"},
		{"覃海洋", "qinhaiyang", "qhy"},
		{"李曾", "liceng", "lc"}, // only a surname in front is one
		{"尉迟恭", "yuchigong", "ycg"},
		{"尉健行", "weijianxing", "wjx"},
		{"长孙无忌", "zhangsunwuji", "zswj"},
		{"万俟卨", "moqixie", "mqx"},
		{"万俟", "wanqi", "wq"}, // 俟 of the surname 万
		{"澹台灭明", "tantaimieming", "ttmm"},
		{"欧阳修", "ouyangxiu", "oyx"},
		{"司马光", "simaguang", "smg"},
		{"诸葛亮", "zhugeliang", "zgl"},
		{"吕布", "lvbu", "lb"},
		{"单", "shan", "s"},
		{"查干·巴特尔", "chaganbateer", "cgbte"},
		{"买买提•艾合买提", "maimaitiaihemaiti", "mmtahmt"},
		{"John Smith", "johnsmith", "js"},
		{"Ｊｏｈｎ　Smith", "johnsmith", "js"},
		{"José Nuñez", "josenunez", "jn"},
		{"王Tom", "wangtom", "wt"},
		{"王伟2", "wangwei2", "ww2"},
		{" 李 明 ", "liming", "lm"},
		{"李☃明\x00", "liming", "lm"},
		{"", "", ""},
		{"·", "", ""},
		{"\xff", "", ""},
	}
	for _, c := range cases {
		full, initials := Of(c.name)
		if full != c.full || initials != c.initials {
			t.Errorf("%q: %q %q, want %q %q", c.name, full, initials, c.full, c.initials)
		}
	}
}

// Every entry of the tables changes something; one that a newer dictionary made
// superfluous shows up here.
func TestTablesAreNeeded(t *testing.T) {
	t.Parallel()
	dictionary := func(s string) string { return strings.Join(gopinyin.LazyPinyin(s, plain), " ") }
	for s, reading := range surnames {
		if dictionary(s) == reading {
			t.Errorf("%s is %s anyway", s, reading)
		}
	}
	for r, reading := range elsewhere {
		if dictionary(string(r)) == reading {
			t.Errorf("%c is %s anyway", r, reading)
		}
	}
	for s, reading := range compoundSurnames {
		if utf8.RuneCountInString(s) != 2 || len(strings.Fields(reading)) != 2 {
			t.Errorf("%s %s does not take two characters", s, reading)
		}
		// Behind a character that is no surname the table does not apply.
		full, _ := Of("阿" + s)
		if "a"+strings.ReplaceAll(reading, " ", "") == full {
			t.Errorf("%s is %s anyway", s, reading)
		}
	}
}

func TestOfProperty(t *testing.T) {
	t.Parallel()
	letters := rapid.RuneFrom([]rune("张单曾尉迟万俟长孙查晟·• aZé０☃\u0301"))
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.StringOf(letters), rapid.String()).Draw(t, "name")
		full, initials := Of(name)
		for _, r := range full + initials {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
				t.Fatalf("%q: %q %q", name, full, initials)
			}
		}
		if (full == "") != (initials == "") || len(initials) > len(full) {
			t.Fatalf("%q: %q %q", name, full, initials)
		}
	})
}

func TestGrams(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"张三丰":      "张 张三 三 三丰 丰",
		"李明":       "李 李明 明",
		"张":        "张",
		"李丽丽丽":     "李 李丽 丽 丽丽",
		"ＡＢ c":     "a ab b bc c",
		"阿·依 古丽":   "阿 阿依 依 依古 古 古丽 丽",
		"":         "",
		" ·\u200b": "",
		"𠮷野":       "𠮷 𠮷野 野",
	}
	for name, want := range cases {
		if got := strings.Join(Grams(name), " "); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// Whatever part of a name is searched, its grams are among the name's.
func TestGramsProperty(t *testing.T) {
	t.Parallel()
	letters := rapid.RuneFrom([]rune("张王李赵三四五丰 ·aBc"))
	rapid.Check(t, func(t *rapid.T) {
		before, part, after := rapid.StringOf(letters).Draw(t, "before"),
			rapid.StringOf(letters).Draw(t, "part"), rapid.StringOf(letters).Draw(t, "after")
		all := Grams(before + part + after)
		for _, gram := range Grams(part) {
			if !slices.Contains(all, gram) {
				t.Fatalf("%q is not among %q", gram, all)
			}
		}
	})
}
