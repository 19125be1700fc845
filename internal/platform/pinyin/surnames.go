package pinyin

// surnames are characters that sound different as a surname than the
// dictionary's first reading. Where a surname itself has two readings, the one
// of more bearers stands.
var surnames = map[string]string{
	"单": "shan", "單": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "区": "ou", "區": "ou",
	"查": "zha", "盖": "ge", "蓋": "ge", "祭": "zhai", "召": "shao", "折": "she", "缪": "miao",
	"繆": "miao", "乜": "nie", "朴": "piao", "秘": "bi", "贠": "yun", "员": "yun", "員": "yun",
	"佴": "nai", "洗": "xian", "郇": "xun", "种": "chong", "黑": "he", "句": "gou", "覃": "qin",
	"能": "nai", "阚": "kan", "卜": "bu", "繁": "po", "都": "du", "乐": "yue", "樂": "yue",
}

// compoundSurnames take two characters, and sound different together than the
// tables above and the dictionary would have them one by one.
var compoundSurnames = map[string]string{
	"尉迟": "yu chi", "尉遲": "yu chi", "长孙": "zhang sun", "長孫": "zhang sun", "万俟": "mo qi",
	"單于": "chan yu", "单于": "chan yu", "澹台": "tan tai", "澹臺": "tan tai", "子车": "zi ju",
}

// elsewhere are characters that sound different in a given name, and most of
// the time, than the dictionary's first reading.
var elsewhere = map[rune]string{
	'晟': "sheng", '长': "chang", '長': "chang", '莘': "xin", '翟': "zhai",
}
