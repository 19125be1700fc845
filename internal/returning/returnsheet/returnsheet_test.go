package returnsheet_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/returning/returnsheet"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

var now = time.Date(2022, 3, 24, 9, 0, 0, 0, testkit.Zone)

// office imports returning batches of one enterprise.
type office struct {
	*testkit.Kit
	t       *testing.T
	returns *returning.Service
	svc     *intake.Service
	queue   *jobs.Queue
	officer authz.Scope
	people  map[string]int64
}

// staff are the people of the enterprise, by employee number.
var staff = []struct{ no, name, id, status string }{
	{"A1", "张三", "370303198705189970", "awaiting_return"}, {"A2", "李四", "370303198705019971", "leave"},
	{"A3", "王五", "370303198705039972", "work_from_home"}, {"A4", "赵六", "370303198705059973", "on_post"},
	{"A5", "李四", "370303198705079974", "awaiting_return"}, {"A6", "钱七", "370303198705099975", "awaiting_return"},
}

func open(t *testing.T) *office {
	t.Helper()
	k := testkit.New(t, now)
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, book := clock.NewManual(now), testkit.Zibo(t)
	people := employee.New(k.DB, box, standing.New(k.DB, c, book))
	returns := returning.New(k.DB, box, people, book)
	zone := func(context.Context, int32) (*time.Location, error) { return testkit.Zone, nil }
	o := &office{Kit: k, t: t, returns: returns, svc: intake.New(k.DB, box, c, zone, returnsheet.New(people, returns)), people: map[string]int64{}}
	o.queue = jobs.NewQueue(k.DB, slog.New(slog.DiscardHandler), 1)
	o.svc.Register(o.queue)
	o.officer = authz.Scope{Account: 7, Actor: "王敏", Role: authz.HealthOfficer, Org: k.Org("370303", now.AddDate(0, 0, -30))}
	for _, s := range staff {
		p, err := people.Create(t.Context(), o.officer, employee.Incoming{EmployeeNo: s.no, Name: s.name, IDNumber: s.id, WorkStatus: s.status}, now.AddDate(0, 0, -9))
		if err != nil {
			t.Fatal(err)
		}
		o.people[s.no] = p.ID
	}
	return o
}

func (o *office) upload(name string, data []byte) intake.Import {
	o.t.Helper()
	id, err := o.svc.Upload(o.t.Context(), o.officer, "returning", name, data, now)
	if err != nil {
		o.t.Fatal(err)
	}
	return o.work(id)
}

func (o *office) work(id int64) intake.Import {
	o.t.Helper()
	for found := true; found; {
		var err error
		if found, err = o.queue.Step(o.t.Context()); err != nil {
			o.t.Fatal(err)
		}
	}
	i, _, err := o.svc.Get(o.t.Context(), o.officer, id)
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

func (o *office) commit(i intake.Import) intake.Import {
	o.t.Helper()
	if err := o.svc.Commit(o.t.Context(), o.officer, i.ID, false, now); err != nil {
		o.t.Fatal(err)
	}
	return o.work(i.ID)
}

// lines is what the preview says: row, outcome and the keys of its problems, warnings behind a question mark.
func (o *office) lines(i intake.Import) []string {
	o.t.Helper()
	rows, err := o.svc.Rows(o.t.Context(), o.officer, i.ID, intake.RowFilter{}, page.Request{Size: page.MaxSize})
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, l := range rows.Rows {
		s := fmt.Sprint(l.Row, " ", l.Outcome)
		for _, p := range l.Problems {
			mark := ""
			if p.Warning {
				mark = "?"
			}
			s += " " + mark + p.Ref + ":" + p.Message.Key
		}
		out = append(out, s)
	}
	return out
}

const header = "姓名,身份证号,返岗日期,来源地,交通方式,健康码,行程码,体温,症状,中高风险地区旅居史,境外旅居史,接触史,社区报备,承诺书\n"

const clean = "济南市,高铁,绿码,绿,36.5,无,无,无,无,已报备,已签\n"

func TestABatchInGB18030(t *testing.T) {
	o := open(t)
	text := "某厂返岗人员名单,,,,,,,,,,,,,\n" + header +
		"张三,370303198705189970,2022年3月28日," + clean +
		"李四,370303198705019971,3月28日," + clean +
		"王五,370303198705039972,2022/3/28,淄博市张店区,鲁C12345自驾,绿,绿卡,36.8℃,无发热、无咳嗽,否,否,无,,是\n" +
		"赵六,370303198705059973,2022.3.28," + clean +
		"合计,4人,,,,,,,,,,,,\n"
	data, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	i := o.upload("返岗.csv", data)
	want := []string{"3 new", "4 new", "5 new", "6 unchanged ?:returning.sheet.on_post"}
	if got := o.lines(i); !slices.Equal(got, want) {
		t.Fatalf("%v", got)
	}
	done := o.commit(i)
	if done.State != intake.Done || done.Counts["committed.added"] != 3 || done.Counts["committed.unchanged"] != 1 {
		t.Errorf("state %s, counts %v", done.State, done.Counts)
	}
	for no, want := range map[string]string{"A1": "awaiting_return", "A2": "awaiting_return", "A3": "awaiting_return", "A4": "on_post"} {
		if got := testkit.Get[string](o.Kit, `select work_status from employee where id = $1`, o.people[no]); got != want {
			t.Errorf("%s is %s", no, got)
		}
	}
	v := o.view("A3")
	d := v.Declaration
	if d.Outside != returning.No || d.Transport != "self_drive" || !d.Well || *d.Temperature != 36.8 || d.HealthCode != "green" || v.PledgeAt.IsZero() {
		t.Errorf("declared %+v", d)
	}
	if failing := returning.Failing(v.Items); !slices.Equal(failing, []string{returning.ItemPCR}) {
		t.Errorf("failing %v: the sheet must leave nothing but the sample", failing)
	}

	// The same sheet again changes nothing; nor after the approval.
	again := o.upload("返岗.csv", data)
	if got := o.lines(again); strings.Count(strings.Join(got, " "), "unchanged") != 4 {
		t.Errorf("again %v", got)
	}
	for _, no := range []string{"A1", "A2", "A3"} {
		o.Sample(o.officer.Org, o.people[no], now.Add(-20*time.Hour), now.Add(-10*time.Hour), "negative")
	}
	b, err := o.returns.ApproveReady(t.Context(), o.officer, now)
	if err != nil || b.Approved != 3 {
		t.Errorf("approved %+v, %v", b, err)
	}
	done = o.commit(o.upload("返岗.csv", data))
	if done.Counts["committed.unchanged"] != 4 || testkit.Get[int](o.Kit, `select count(*) from return_case`) != 3 {
		t.Errorf("after the approval %v", done.Counts)
	}
}

func (o *office) view(no string) returning.View {
	o.t.Helper()
	id := testkit.Get[int64](o.Kit, `select id from return_case where employee_id = $1`, o.people[no])
	v, err := o.returns.Get(o.t.Context(), o.officer, returning.Key{Employee: o.people[no], ID: id}, now)
	if err != nil {
		o.t.Fatal(err)
	}
	return v
}

func TestFaultsAreNamedByTheirCell(t *testing.T) {
	o := open(t)
	i := o.upload("a.csv", []byte(header+
		"张三,370303198705189970,,"+clean+
		"李四,,2022-03-28,"+clean+
		"孙八,370303199512319991,2022-03-28,"+clean+
		"钱七,3.70303E+17,2022-03-28,"+clean+
		"王五,370303198705039972,2022-03-28,上海市,飞机,灰码,绿,三十六度,不太好,也许,无,有,已报备,已签\n"+
		"王五,370303198705039972,2024-03-28,"+clean+
		"钱七,370303198705099975,2022-03-28,"+clean+
		"钱七,370303198705099975,2022-03-28,"+clean+
		"钱七,370303198705099975,2022-03-29,"+clean))
	want := []string{
		"2 faulty C2:intake.problem.empty",
		"3 faulty A3:screening.sheet.ambiguous",
		"4 faulty B4:screening.sheet.nobody",
		"5 faulty B5:intake.problem.lost_digits",
		"6 faulty F6:returning.sheet.word H6:intake.problem.number I6:returning.sheet.word J6:intake.problem.yes_no L6:returning.sheet.word",
		"7 faulty C7:returning.refused.planned",
		"8 new",
		"9 repeated ?A9:intake.problem.repeated",
		"10 faulty A10:intake.problem.repeated_differs",
	}
	if got := o.lines(i); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := testkit.Get[int](o.Kit, `select count(*) from return_case`); n != 0 {
		t.Errorf("the check wrote %d cases", n)
	}
}

// A workbook with a title, a date cell and words as offices write them.
func TestWordsOfAWorkbook(t *testing.T) {
	o := open(t)
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	rows := [][]any{
		{"返岗人员登记表"}, {},
		{"工号", "抵淄日期", "出发地", "车次", "健康码颜色", "通信大数据行程卡", "症状", "接触史", "旅居史", "境外史", "报备"},
		{"A1", time.Date(2022, 3, 26, 0, 0, 0, 0, time.UTC), "上海市闵行区", "G2552", "金色", "绿带星号", "咳嗽、头痛", "次密接", "有", "无", "未报备"},
		{"A6", 44646, "临淄区", "MU5593", "红", "橙", "正常", "密接，冷链", "无", "无", ""},
	}
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	o.commit(o.upload("登记表.xlsx", b.Bytes()))
	v := o.view("A1")
	d := v.Declaration
	if d.Transport != "train" || d.TripNo != "G2552" || d.Outside != returning.Yes || d.Reported != returning.No || d.HealthCode != "gold_vaccinated" ||
		d.TripCard != "starred" || !slices.Equal(d.Symptoms, []string{"cough", "headache"}) || !slices.Equal(d.Contacts, []string{"secondary_contact"}) ||
		d.RiskStay != returning.Yes || v.PlannedAt.In(testkit.Zone).Format(time.DateOnly) != "2022-03-26" {
		t.Errorf("declared %+v on %v", d, v.PlannedAt)
	}
	want := []string{returning.ItemArea, returning.ItemContact, returning.ItemHealth, returning.ItemPCR, returning.ItemPledge, returning.ItemCommunity}
	if failing := returning.Failing(v.Items); !slices.Equal(failing, want) {
		t.Errorf("failing %v", failing)
	}
	d = o.view("A6").Declaration
	if d.Transport != "plane" || d.Outside != returning.No || !d.Well || d.HealthCode != "red" || len(d.Contacts) != 2 {
		t.Errorf("declared %+v", d)
	}
}

// Every column has a label, an example for the empty form, and each word list means something that package returning knows.
func TestTheVocabularyIsComplete(t *testing.T) {
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	kind := returnsheet.New(nil, nil)
	for _, lang := range i18n.Languages() {
		p := catalog.Printer(lang)
		for _, col := range kind.Vocabulary() {
			for _, key := range []string{"intake.column." + col.Key, "intake.example.returning." + col.Key} {
				if !p.Has(key) {
					t.Errorf("%s lacks %s", lang, key)
				}
			}
		}
	}
	seen := map[string]string{}
	for _, col := range kind.Vocabulary() {
		for _, label := range col.Synonyms {
			if other, taken := seen[label]; taken {
				t.Errorf("%s means %s and %s", label, other, col.Key)
			}
			seen[label] = col.Key
		}
	}
	if len(slices.Collect(maps.Keys(seen))) < 50 {
		t.Errorf("only %d labels", len(seen))
	}
}
