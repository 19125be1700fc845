package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/fugong/fugong/internal/platform/gb"
)

// Firm is an invented enterprise with its people and their weeks.
type Firm struct {
	Code     string // 统一社会信用代码, checksum right, organisation part invented
	Name     string
	Short    string
	District string // GB/T 2260
	Zone     string // reporting line
	Industry string // GB/T 4754
	Size     string
	Above    bool
	Resume   string
	Cold     bool    // has posts that touch imported cold-chain goods
	Zeal     float64 // share of people who are sampled in time
	People   []Person
	Abnormal string // label of an abnormal tube, if there is one
	Cast     *Cast  // whom the stories are about; nil in all firms but one
	seed     uint64
}

type trade struct {
	code   string
	words  []string
	places []string // districts where the trade is at home
	weight int
}

// Zibo is known for ceramics, chemicals, medicine, glass, machinery and textiles; each lies where it is at home.
var trades = []trade{
	{"30", []string{"陶瓷", "琉璃", "建陶", "耐火材料", "玻璃制品"}, []string{"370302", "370304", "370303"}, 9},
	{"26", []string{"化工", "新材料", "精细化工", "助剂"}, []string{"370305", "370321", "370302"}, 9},
	{"27", []string{"制药", "医药科技", "生物医药"}, []string{"370323", "370303", "370322"}, 4},
	{"34", []string{"泵业", "机械", "通用设备", "减速机"}, []string{"370304", "370302"}, 6},
	{"17", []string{"纺织", "丝绸", "毛巾"}, []string{"370306", "370303"}, 4},
	{"18", []string{"服饰", "制衣"}, []string{"370306", "370302"}, 2},
	{"21", []string{"家具", "沙发"}, []string{"370306"}, 2},
	{"13", []string{"食品", "粮油", "冷链食品"}, []string{"370322", "370323", "370303"}, 4},
	{"14", []string{"食品饮料", "乳业"}, []string{"370322", "370303"}, 2},
	{"29", []string{"橡胶", "塑料制品"}, []string{"370305", "370321"}, 3},
	{"31", []string{"钢铁", "特钢"}, []string{"370321", "370305"}, 2},
	{"36", []string{"汽车零部件", "轮毂"}, []string{"370304", "370303"}, 3},
	{"38", []string{"电机", "电器", "电缆"}, []string{"370304", "370303"}, 3},
	{"39", []string{"电子", "半导体", "传感器"}, []string{"370303"}, 4},
	{"33", []string{"金属制品", "门窗"}, []string{"370321", "370303"}, 2},
}

var brands = []string{"齐盛", "稷下", "鲁中", "般阳", "孝水", "原山", "马踏湖", "齐都", "聚贤", "沂河", "天鸿", "恒泰", "金岭", "华岳", "瑞丰", "博瑞", "东岳岭", "新晨",
	"宏远", "润泽", "昌国", "明珠", "安泰", "众信", "百川", "正本", "中齐", "蓝海", "创元", "永固", "泰峰", "锦绣", "齐鲁源", "万通达", "和泰", "兴隆", "福源", "腾达", "同创", "力诺"}

var suffixes = []string{"有限公司", "股份有限公司", "有限责任公司", "集团有限公司"}

// zones that take over part of a district: the Hi-Tech Zone and the Economic Zone lie in Zhangdian, Wenchang Lake in Zhoucun.
var zonesWithin = map[string][]string{"370303": {"zb-gaoxin", "zb-jingkai"}, "370306": {"zb-wenchanghu"}}

func newFirm(r *rand.Rand, i, headcount int) Firm {
	t := pickTrade(r)
	f := Firm{Industry: t.code, District: t.places[r.IntN(len(t.places))], Resume: "full", seed: r.Uint64()}
	f.Zone = f.District
	if within := zonesWithin[f.District]; len(within) > 0 && r.IntN(100) < 55 {
		f.Zone = within[r.IntN(len(within))]
	}
	word := t.words[r.IntN(len(t.words))]
	f.Short = brands[i%len(brands)] + word
	if round := i / len(brands); round > 0 {
		f.Short = brands[i%len(brands)] + numerals[round%len(numerals)] + word
	}
	f.Name = "淄博" + f.Short + suffixes[r.IntN(len(suffixes))]
	f.Code = uscc(f.District, i)
	f.Size, f.Above = size(headcount)
	f.Cold = t.code == "13" || t.code == "14" && r.IntN(2) == 0
	f.Zeal = zeal(r)
	switch n := r.IntN(100); {
	case n < 12:
		f.Resume = "partial"
	case n < 15:
		f.Resume = "not_resumed"
	case n < 17:
		f.Resume = "maintenance"
	}
	return f
}

var numerals = []string{"", "二", "三", "四", "五", "六", "七", "八", "九", "十"}

func pickTrade(r *rand.Rand) trade {
	sum := 0
	for _, t := range trades {
		sum += t.weight
	}
	n := r.IntN(sum)
	for _, t := range trades {
		if n -= t.weight; n < 0 {
			return t
		}
	}
	return trades[0]
}

// zeal: most firms are diligent, one in nine is careless, one in thirty hardly tests.
func zeal(r *rand.Rand) float64 {
	switch n := r.IntN(90); {
	case n < 3:
		return 0.55 + 0.1*r.Float64()
	case n < 13:
		return 0.86 + 0.05*r.Float64()
	}
	return 0.975 + 0.022*r.Float64()
}

// size follows the headcount limits of the industrial classes; above scale means revenue of twenty million yuan and more,
// which firms of some fifty people reach.
func size(headcount int) (class string, above bool) {
	switch {
	case headcount >= 1000:
		return "large", true
	case headcount >= 300:
		return "medium", true
	case headcount >= 20:
		return "small", headcount >= 50
	}
	return "micro", false
}

func uscc(district string, i int) string {
	body := "91" + district + fmt.Sprintf("YX%06d", i+1)
	body = body + orgCheck(body[8:16])
	return body + string(gb.USCCCheckDigit(body))
}

// orgCheck is the check character of the inner organisation code (GB 11714).
func orgCheck(code string) string {
	weights := []int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, c := range []byte(code) {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
		}
		sum += v * weights[i]
	}
	return string("0X987654321"[sum%11])
}

// headcounts spreads people over firms by a heavy tail: a few large plants, many small shops.
func headcounts(r *rand.Rand, firms, people int) []int {
	shares := make([]float64, firms)
	total := 0.0
	for i := range shares {
		shares[i] = math.Exp(1.1 * r.NormFloat64())
		total += shares[i]
	}
	out := make([]int, firms)
	left := people
	for i, s := range shares {
		out[i] = max(4, int(s/total*float64(people)))
		left -= out[i]
	}
	largest := 0
	for i := range out {
		if out[i] > out[largest] {
			largest = i
		}
	}
	out[largest] = max(4, out[largest]+left)
	return out
}

// New draws a city: the same seed and instant give the same city, person by person.
func New(firms, people int, seed uint64, at time.Time) []Firm {
	r := rand.New(rand.NewPCG(seed, 370300))
	counts := headcounts(r, firms, people)
	city := make([]Firm, firms)
	for i := range city {
		city[i] = newFirm(r, i, counts[i])
	}
	serial := &serials{}
	for i := range city {
		f := &city[i]
		f.populate(rand.New(rand.NewPCG(seed, f.seed)), counts[i], serial, at)
	}
	city[showpiece(city)].stage(at)
	return city
}
