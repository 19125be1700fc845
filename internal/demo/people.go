package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/fugong/fugong/internal/platform/gb"
)

// Person is an invented employee. The identity number's checksum is right and its sequence is one hardly ever issued.
type Person struct {
	No         string
	Name       string
	Male       bool
	IDNumber   string
	Mobile     string
	Email      string
	Workshop   string
	Team       string
	Dept       string
	Post       string
	Employment string
	Category   string
	Status     string // work_status
	StatusFrom time.Time
	StatusTo   time.Time
	JoinedOn   time.Time
	Building   string // of the dormitory, with Room; "" for who lives elsewhere
	Room       string
	Commute    string
	Bus        string // the shuttle ridden
	Table      string // in the canteen
	Leader     bool   // leads the team
	Swabs      []Swab
	Reports    []Report
	Doses      []Dose
	Excuse     *Excuse // nil for most
}

// serials hands out identity numbers and mobiles that no two people share.
type serials struct {
	taken  map[string]bool
	mobile int
}

var areas = []string{"370302", "370303", "370304", "370305", "370306", "370321", "370322", "370323", "370303", "370305", "372330", "370725"}

func (s *serials) identity(r *rand.Rand, male bool, at time.Time) string {
	if s.taken == nil {
		s.taken = map[string]bool{}
	}
	for {
		birth := time.Date(at.Year()-18-r.IntN(42), 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(365))
		sequence := 995 + 2*r.IntN(3)
		if !male {
			sequence = 996 + 2*r.IntN(2)
		}
		body := fmt.Sprintf("%s%s%03d", areas[r.IntN(len(areas))], birth.Format("20060102"), sequence)
		if !s.taken[body] {
			s.taken[body] = true
			return body + string(gb.IDCheckDigit(body))
		}
	}
}

func (s *serials) phone() string {
	s.mobile++
	// A step that shares no factor with the range visits every number once.
	return fmt.Sprintf("1990%07d", s.mobile*7368787%10000000)
}

// seat is a place in the firm that a person fills.
type seat struct {
	dept, workshop, team, post, category string
}

var shopNames = []string{"一车间", "二车间", "三车间", "四车间", "五车间", "六车间", "七车间", "八车间"}
var shiftNames = []string{"甲班", "乙班", "丙班", "丁班"}
var posts = []string{"操作工", "质检员", "维修工", "叉车工", "配料工", "包装工", "电工", "焊工"}

// seats lays out a firm: an office, a canteen, guards, drivers, and workshops with teams of ten to twenty.
func (f *Firm) seats(r *rand.Rand, n int) []seat {
	var out []seat
	add := func(count int, s seat) {
		for range count {
			if len(out) < n {
				out = append(out, s)
			}
		}
	}
	add(max(1, n*9/100), seat{dept: "综合管理部", team: "办公室", post: "职员", category: "general_staff"})
	add(n*2/100, seat{dept: "后勤部", team: "食堂", post: "炊事员", category: "canteen"})
	add(n*2/100, seat{dept: "后勤部", team: "保安保洁", post: "保安", category: "security_clean"})
	add(n*2/100, seat{dept: "物流部", team: "车队", post: "司机", category: "driver"})
	if f.Cold {
		add(max(3, n*8/100), seat{dept: "物流部", workshop: "冷库", team: "装卸组", post: "装卸工", category: "icc_frontline"})
		add(max(2, n*5/100), seat{dept: "物流部", workshop: "冷库", team: "分拣组", post: "分拣工", category: "icc_other"})
	}
	left := n - len(out)
	shops := min(max(1, left/60), len(shopNames))
	for i := 0; len(out) < n; i++ {
		shop := i % shops
		add(10+r.IntN(11), seat{dept: "生产部", workshop: shopNames[shop], team: shiftNames[i/shops%len(shiftNames)],
			post: "", category: "production_staff"})
	}
	return out
}

func (f *Firm) populate(r *rand.Rand, n int, s *serials, at time.Time) {
	leaders := map[string]bool{}
	for i, place := range f.seats(r, n) {
		p := Person{No: fmt.Sprintf("%05d", 10001+i), Male: r.IntN(100) < 62, Workshop: place.workshop, Team: place.team,
			Dept: place.dept, Post: place.post, Category: place.category, Employment: employment(r)}
		p.Name, p.IDNumber, p.Mobile = personName(r, p.Male), s.identity(r, p.Male, at), s.phone()
		if p.Post == "" {
			p.Post = posts[r.IntN(len(posts))]
		}
		if r.IntN(10) < 2 {
			p.Building, p.Room = building(p.Male), room(r, n)
		}
		p.JoinedOn = at.AddDate(-r.IntN(15), -r.IntN(12), -r.IntN(28))
		if key := place.workshop + "/" + place.team; !leaders[key] {
			leaders[key], p.Leader, p.Post = true, true, "班组长"
			p.Email = fmt.Sprintf("%s.%s@example.org", p.No, f.Code[len(f.Code)-4:])
		} else if r.IntN(10) == 0 {
			p.Email = fmt.Sprintf("%s.%s@example.org", p.No, f.Code[len(f.Code)-4:])
		}
		f.status(r, &p, at)
		f.weeks(r, &p, at)
		f.People = append(f.People, p)
	}
	own := rand.New(rand.NewPCG(f.seed, 2))
	f.lodge(own)
	f.fillTubes()
	if len(f.People) >= 40 && r.IntN(20) == 0 {
		f.abnormalTube(at)
	}
	f.enter(own, at)
	f.vaccinate(own, at)
}

func employment(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 80:
		return "regular"
	case n < 90:
		return "dispatch"
	case n < 95:
		return "outsourced"
	}
	return "temporary"
}

// status: most people are back on post; some are away, waiting to come back, or have left.
func (f *Firm) status(r *rand.Rand, p *Person, at time.Time) {
	p.Status, p.StatusFrom = "on_post", at.AddDate(0, 0, -7*HistoryWeeks-3)
	if p.Leader {
		return
	}
	away := at.AddDate(0, 0, -2-r.IntN(12))
	switch n := r.IntN(1000); {
	case n < 20:
		p.Status, p.StatusFrom, p.StatusTo = "leave", away, away.AddDate(0, 0, 15+r.IntN(10))
	case n < 32:
		p.Status, p.StatusFrom = "resigned", away
	case n < 42:
		p.Status, p.StatusFrom = "work_from_home", away
	case n < 52 || f.Resume != "full" && n < 120:
		p.Status, p.StatusFrom = "awaiting_return", at.AddDate(0, 0, -20)
	}
}
