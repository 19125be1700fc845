package main

import (
	"fmt"
	"time"
)

// person is one invented employee, each field as an office would type it.
type person struct {
	no, name, idType, id, sex, mobile, email   string
	dept, workshop, team, shift, post, keyPost string
	employment, category, status               string
	building, room, address, commute, note     string
	joined                                     time.Time
}

// text is the value of a column as text.
func (p person) text(key string) string {
	if key == "joined_on" {
		return p.joined.Format(time.DateOnly)
	}
	return map[string]string{
		"employee_no": p.no, "name": p.name, "id_type": p.idType, "id_number": p.id, "sex": p.sex,
		"mobile": p.mobile, "email": p.email, "dept": p.dept, "workshop": p.workshop, "team": p.team,
		"shift": p.shift, "post": p.post, "key_post": p.keyPost, "employment": p.employment,
		"test_category": p.category, "work_status": p.status, "dorm_building": p.building,
		"dorm_room": p.room, "home_address": p.address, "commute": p.commute, "note": p.note,
	}[key]
}

// row is the person under those columns: dates as date cells, the rest as text.
func (p person) row(keys []string) []any {
	row := make([]any, len(keys))
	for i, key := range keys {
		switch text := p.text(key); {
		case key == "joined_on":
			row[i] = day(p.joined)
		case text != "":
			row[i] = text
		}
	}
	return row
}

var (
	surnames = []string{"王", "李", "张", "刘", "陈", "杨", "赵", "孙", "周", "吴", "徐", "单", "解", "曾", "仇", "欧阳", "盖", "翟", "巩", "逯"}
	given    = []string{"伟", "秀英", "建国", "丽", "志强", "桂兰", "海涛", "晓燕", "明", "玉梅", "立新", "婷婷", "德胜", "红霞", "子轩", "春花", "永刚", "静", "学军", "雨桐", "振华", "爱玲", "凯", "素珍", "东升"}
	areas    = []string{"370303", "370302", "370304", "370305", "370306", "370321", "370322", "370323", "372330", "370303"}
	others   = []string{"370402", "370403", "370502", "370503", "370602", "370702", "370802", "370902", "371002"}
)

// personName is a name for number i; all below 500 differ.
func personName(i int) string {
	return surnames[i%len(surnames)] + given[(i+i/len(surnames))%len(given)]
}

// identityNumber makes a number that is valid and belongs to nobody: sequences
// from 995 on are hardly ever issued.
func identityNumber(area string, birth time.Time, sequence int) string {
	return withCheckDigit(fmt.Sprintf("%s%s%03d", area, birth.Format("20060102"), sequence))
}

// withCheckDigit adds the check character of GB 11643.
func withCheckDigit(first17 string) string {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(first17[i]-'0')
	}
	return first17 + "10X98765432"[sum%11:sum%11+1]
}

func sexOf(sequence int) string {
	if sequence%2 == 1 {
		return "男"
	}
	return "女"
}

// basicStaff is the forty people of roster-basic.xlsx: two workshops of two
// teams of ten. Numbers 5 and 25 bear the same name.
func basicStaff() []person {
	posts := []string{"操作工", "质检员", "维修工", "叉车司机", "班长"}
	staff := make([]person, 40)
	for i := range staff {
		sequence := 995 + i%5
		birth := time.Date(1966+(i*7)%35, time.Month(1+(i*5)%12), 1+(i*11)%28, 0, 0, 0, 0, time.UTC)
		workshop := []string{"一车间", "二车间"}[i/20]
		staff[i] = person{
			no: fmt.Sprintf("LC%04d", i+1), name: personName(i), idType: "居民身份证",
			id: identityNumber(areas[i%len(areas)], birth, sequence), sex: sexOf(sequence),
			mobile: fmt.Sprintf("1390000%04d", i+1),
			dept:   "生产部", workshop: workshop, team: workshop + []string{"甲班", "乙班"}[i/10%2],
			shift: []string{"白班", "中班", "夜班"}[i%3], post: posts[i%len(posts)], keyPost: "否",
			employment: "正式", category: "车间生产人员", status: "在岗",
			address: fmt.Sprintf("淄博市张店区测试路%d号", i+1), commute: []string{"步行", "自驾", "班车", "公交", "拼车"}[i%5],
			joined: time.Date(2012+i%10, time.Month(1+i%12), 1+(i*3)%28, 0, 0, 0, 0, time.UTC),
		}
		decorate(&staff[i], i)
	}
	staff[25].name = staff[5].name
	return staff
}

// decorate gives some people what only some have.
func decorate(p *person, i int) {
	if i%4 == 0 {
		p.email = fmt.Sprintf("lc%04d@example.com", i+1)
	}
	if i%5 == 4 {
		p.keyPost, p.category = "是", "在岗职工"
	}
	if i%5 == 3 {
		p.category = "司机"
	}
	if i%8 == 7 {
		p.employment, p.building, p.room = "劳务派遣", "2号楼", fmt.Sprintf("%d", 301+i/8)
	}
	switch i {
	case 9:
		p.status, p.note = "请假", "产假至5月"
	case 18:
		p.status = "待返岗"
	case 33:
		p.status, p.note = "居家办公", "每周三到厂"
	}
}

// manyStaff is n people for the long roster, all different.
func manyStaff(n int) []person {
	staff := make([]person, n)
	for i := range staff {
		sequence := 995 + i%5
		birth := time.Date(1964, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, (i/5)*6%14000)
		workshop := fmt.Sprintf("%d车间", 1+i/1000)
		staff[i] = person{
			no: fmt.Sprintf("D%05d", i+1), name: personName(i * 7), idType: "居民身份证",
			id: identityNumber(others[i/5%9], birth, sequence), sex: sexOf(sequence),
			mobile: fmt.Sprintf("1390001%04d", i), dept: "生产部", workshop: workshop,
			team: fmt.Sprintf("%s%d班", workshop, 1+i/50%20), shift: []string{"白班", "中班", "夜班"}[i%3],
			post: "操作工", employment: "正式", category: "车间生产人员", status: "在岗",
			joined: time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i%4000),
		}
	}
	return staff
}
