package city

import (
	"fmt"
	"time"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/gb"
)

var districts = []string{"370302", "370303", "370304", "370305", "370306", "370321", "370322", "370323"}

// zones take over part of a district.
var zones = map[string][]string{"370303": {"370303", "zb-gaoxin", "zb-jingkai"}, "370306": {"370306", "zb-wenchanghu"}}

var industries = []string{"C13", "C14", "C17", "C18", "C21", "C22", "C26", "C27", "C29", "C30", "C31", "C32", "C33", "C34", "C35", "C36", "C38", "C39", "C40", "C41"}

var trades = []string{"食品", "饮料", "纺织", "服饰", "家具", "纸业", "化工", "制药", "塑料", "陶瓷", "钢铁", "铝业", "金属制品", "机械", "专用设备", "汽车零部件", "电机", "电子", "仪表", "琉璃"}

// mix is a fixed random number of a number (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func newOrg(i, size int, first int64) Org {
	h := mix(uint64(i) + 1<<40)
	o := Org{ID: int32(firstOrg + i), Size: size, First: first, District: districts[h%uint64(len(districts))]}
	o.Zone = o.District
	if within := zones[o.District]; within != nil {
		o.Zone = within[h>>8%uint64(len(within))]
	}
	trade := h >> 16 % uint64(len(industries))
	o.Industry = industries[trade]
	o.Name = fmt.Sprintf("淄博%s%s%s有限公司", given(h>>24), trades[trade], fmt.Sprint(i+1))
	body := "91" + o.District + fmt.Sprintf("B%07d", i+1)
	body += orgCheck(body[8:16])
	o.Code = body + string(gb.USCCCheckDigit(body))
	return o
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

// sizeClass follows the headcount limits of the industrial classes.
func sizeClass(n int) string {
	switch {
	case n >= 1000:
		return "large"
	case n >= 300:
		return "medium"
	case n >= 20:
		return "small"
	}
	return "micro"
}

var surnames = []rune("王李张刘孙赵于陈徐高马朱孟韩杨周宋郭曹许吕宗翟蒲胡郑冯耿司毕董任贾苏孔庞石谭姚崔牛邢焦路袭国边常单解仇曾盖查田丁袁潘于蒋蔡余杜叶程魏钟汪姜范方金戴夏邱侯江尹薛闫段雷龙史陶贺顾毛郝龚邵万钱严覃武莫")

var givens = []rune("伟强磊军勇涛明超鹏杰刚波斌辉建国志海永德传学振宇浩子家金玉保长继守光兴宝立春凯帅洋亮峰飞宁旭晨昊博芳娜敏静丽艳娟霞燕玲桂秀兰淑珍华凤英翠花梅红晓雪倩婷雨涵欣怡梓萱佳琪梦瑶彤文爱洪慧莉颖璐琳洁莹悦萌瑞美秋菊素义仁礼智信忠孝诚庆安康宏达昌荣富贵平和顺成才良善新民东方南北林森松柏竹青山川河湖泉水清源石岩云天星月阳光辰泽润沐然轩逸航翔远征程鸿儒")

// pick favours the front of a list.
func pick(list []rune, h uint64) rune {
	x := float64(h&0xffff) / 65536
	return list[int(x*x*float64(len(list)))]
}

// given is a given name: of two characters for six people in seven.
func given(h uint64) string {
	if h>>40%7 == 0 {
		return string(pick(givens, h))
	}
	return string([]rune{pick(givens, h), pick(givens, h>>16)})
}

func name(id int64) string {
	h := mix(uint64(id))
	return string(pick(surnames, h>>48)) + given(h)
}

// identity is an identity number whose check digit is right and whose sequence is one hardly ever issued. No two people share one.
func identity(id int64) (number string, birth time.Time, male bool) {
	const days = 365 * 40
	area := districts[id%int64(len(districts))]
	n := id / int64(len(districts))
	birth = time.Date(1963, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n%days))
	sequence := 980 + n/days%20
	body := fmt.Sprintf("%s%s%03d", area, birth.Format("20060102"), sequence)
	return body + string(gb.IDCheckDigit(body)), birth, sequence%2 == 1
}

// mobile is a number that no two people share: the step has no factor in common with the range.
func mobile(id int64) string { return fmt.Sprintf("199%08d", id*73687877%100000000) }

const (
	crew  = 15 // people of a team
	crews = 12 // teams of a workshop
)

// place is the workshop and team of the n-th person of an enterprise.
func place(n int) (workshop, team string) {
	t := n / crew
	return fmt.Sprintf("%d车间", t/crews+1), fmt.Sprintf("%d班", t%crews+1)
}

var posts = []string{"操作工", "质检员", "维修工", "叉车工", "配料工", "包装工", "电工", "焊工"}

// Person is what the file of an employee says. No two people of an enterprise share an employee number, none an identity number.
func (o *Org) Person(id int64) profile.Values {
	n := int(id - o.First)
	h := mix(uint64(id) * 31)
	number, birth, male := identity(id)
	v := profile.Values{EmployeeNo: fmt.Sprintf("%05d", 10001+n), Name: name(id), IDType: "cn_id", IDNumber: number, Sex: "F",
		Birth: birth.Format(time.DateOnly), Mobile: mobile(id), Dept: "生产部", Post: posts[h%8], Category: "production_staff",
		JoinedOn: birth.AddDate(20+int(h>>8%3), 0, 0).Format(time.DateOnly)}
	if male {
		v.Sex = "M"
	}
	if h>>16%10 == 0 {
		v.Dept, v.Post, v.Category = "综合管理部", "职员", "general_staff"
	}
	if h>>24%5 == 0 {
		v.DormBuilding, v.DormRoom, v.Commute = fmt.Sprintf("%d号楼", 1+h>>32%4), fmt.Sprintf("%d", 101+n/6), "dorm"
	}
	v.Workshop, v.Team = place(n)
	return v.WithDefaults()
}
