package org_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/stamp"
)

var admin = authz.Scope{Account: 1, Actor: "孙管理", Role: authz.Admin, Org: 9999}

// wrongCheck is a code whose last character does not fit.
func wrongCheck() string {
	code := authtest.USCC(1)
	last := "0"
	if strings.HasSuffix(code, last) {
		last = "1"
	}
	return code[:17] + last
}

func TestCreateChecks(t *testing.T) {
	w := authtest.New(t)
	good := org.Org{Kind: org.Enterprise, Code: authtest.USCC(7), Name: "鲁中机械有限公司", AdminZone: "zb-gaoxin", GBDistrict: "370303",
		Industry: "C34", Size: "medium"}
	for name, tc := range map[string]struct {
		change func(o *org.Org)
		field  string
		key    string
	}{
		"no code":         {func(o *org.Org) { o.Code = "" }, "code", "error.required"},
		"short code":      {func(o *org.Org) { o.Code = "9137" }, "code", "org.code.length"},
		"letters":         {func(o *org.Org) { o.Code = "91370303IIIIIIIII0" }, "code", "org.code.charset"},
		"check character": {func(o *org.Org) { o.Code = wrongCheck() }, "code", "org.code.checksum"},
		"bureau code":     {func(o *org.Org) { o.Kind, o.Code = org.Bureau, "淄博" }, "code", "org.code.short"},
		"no name":         {func(o *org.Org) { o.Name = "  " }, "name", "error.required"},
		"long name":       {func(o *org.Org) { o.Name = strings.Repeat("长", 101) }, "name", "error.too_long"},
		"long short name": {func(o *org.Org) { o.ShortName = strings.Repeat("长", 21) }, "short_name", "error.too_long"},
		"time zone":       {func(o *org.Org) { o.TimeZone = "Asia/Zibo" }, "time_zone", "error.choice"},
		"local zone":      {func(o *org.Org) { o.TimeZone = "Local" }, "time_zone", "error.choice"},
		"zone as address": {func(o *org.Org) { o.GBDistrict = "zb-gaoxin" }, "gb_district", "error.choice"},
		"no zone":         {func(o *org.Org) { o.AdminZone = "" }, "admin_zone", "error.required"},
		"city as zone":    {func(o *org.Org) { o.AdminZone = "370300" }, "admin_zone", "error.choice"},
		"industry":        {func(o *org.Org) { o.Industry = "C99" }, "industry", "error.choice"},
		"size":            {func(o *org.Org) { o.Size = "huge" }, "size", "error.choice"},
		"kind":            {func(o *org.Org) { o.Kind = "school" }, "kind", "error.choice"},
	} {
		o := good
		tc.change(&o)
		_, err := w.Orgs.Create(t.Context(), admin, o, w.Now())
		if got := errs.FieldsOf(err)[tc.field].Key; got != tc.key {
			t.Errorf("%s: %q (%v), want %q", name, got, err, tc.key)
		}
	}
	created, err := w.Orgs.Create(t.Context(), admin, good, w.Now())
	if err != nil || created.ID == 0 {
		t.Fatal(err)
	}
	if _, err := w.Orgs.Create(t.Context(), admin, good, w.Now()); errs.FieldsOf(err)["code"].Key != "org.code.taken" {
		t.Errorf("taken: %v", err)
	}
	confirmed := good
	confirmed.Code, confirmed.CodeConfirmed = strings.ToLower(wrongCheck()), true
	if o, err := w.Orgs.Create(t.Context(), admin, confirmed, w.Now()); err != nil || o.Code != wrongCheck() {
		t.Errorf("confirmed: %q %v", o.Code, err)
	}
	if n := w.Count(`select count(*) from audit_log where action = 'org.create' and (detail->>'code_confirmed')::boolean`); n != 1 {
		t.Errorf("%d confirmations in the log", n)
	}
	officer := authz.Scope{Account: 2, Role: authz.FirmAdmin, Org: created.ID}
	if _, err := w.Orgs.Create(t.Context(), officer, good, w.Now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("without the permission: %v", err)
	}
}

func TestUpdateIsSeenAtOnceAndLogged(t *testing.T) {
	w := authtest.New(t)
	o := w.Org(org.Enterprise, "鲁中机械有限公司")
	if _, err := w.Orgs.Get(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	o.Name, o.Kind, o.RulePack = "鲁中重工有限公司", org.Bureau, "cn-9-2022-06-28"
	if err := w.Orgs.Update(t.Context(), admin, o, w.Now()); err != nil {
		t.Fatal(err)
	}
	got, err := w.Orgs.Get(t.Context(), o.ID)
	if err != nil || got.Name != o.Name || got.RulePack != o.RulePack || got.Kind != org.Enterprise {
		t.Errorf("%+v %v", got, err)
	}
	n := w.Count(`select count(*) from audit_log where org_id = $1 and action = 'org.update' and detail ? 'name' and detail ? 'rule_pack'
		and not detail ? 'code'`, o.ID)
	if n != 1 {
		t.Error("the change is not in the org's log")
	}
	if err := w.Orgs.Update(t.Context(), admin, org.Org{ID: 999}, w.Now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("missing: %v", err)
	}
	mine := admin
	mine.Org, o.Kind, o.Active = o.ID, org.Enterprise, false
	if err := w.Orgs.Update(t.Context(), mine, o, w.Now()); errs.FieldsOf(err)["active"].Key == "" {
		t.Errorf("own org: %v", err)
	}
}

func TestCacheLastsSeconds(t *testing.T) {
	w := authtest.New(t)
	o := w.Org(org.Enterprise, "鲁中机械有限公司")
	name := func() string {
		got, err := w.Orgs.Get(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.Name
	}
	before := name()
	if _, err := w.Raw.Owner.Exec(`update org set name = '另一台服务器改的' where id = $1`, o.ID); err != nil {
		t.Fatal(err)
	}
	if name() != before {
		t.Error("not cached")
	}
	if _, err := w.Raw.Owner.Exec(`update stamp set n = n + 1 where kind = 'access'`); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(stamp.Every)
	if name() != "另一台服务器改的" {
		t.Error("cached for too long")
	}
	if _, err := w.Orgs.Get(t.Context(), 999); !errs.Is(err, errs.NotFound) {
		t.Errorf("missing: %v", err)
	}
}

func TestRobot(t *testing.T) {
	w := authtest.New(t)
	o := w.Org(org.Enterprise, "鲁中机械有限公司")
	boss := authz.Scope{Account: 2, Actor: "王", Role: authz.FirmAdmin, Org: o.ID}
	save := func(in org.Settings) error {
		in.ResumeStatus = "partial"
		return w.Orgs.SaveSettings(t.Context(), boss, in, w.Now())
	}
	for address, key := range map[string]string{
		"https://evil.example/cgi-bin/webhook/send?key=1":            "org.robot.host",
		"http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1":      "org.robot.host",
		"https://qyapi.weixin.qq.com@evil.example/?key=1":            "org.robot.host",
		"https://u:p@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1": "org.robot.host",
		"https://qyapi.weixin.qq.com/cgi-bin/webhook/send":           "org.robot.key", "https://qyapi.weixin.qq.com/elsewhere?key=1": "org.robot.key", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a+b": "org.robot.key",
		"693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa": "org.robot.host",
	} {
		if got := errs.FieldsOf(save(org.Settings{Robot: address}))["robot"].Key; got != key {
			t.Errorf("%s: %q", address, got)
		}
	}
	const secret = "693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa"
	if err := save(org.Settings{ShortName: "鲁中", Robot: " https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + secret}); err != nil {
		t.Fatal(err)
	}
	check := func(wantURL, wantKey, wantMask string) {
		t.Helper()
		url, key, err := w.Orgs.Robot(t.Context(), w.DB.Pool(), o.ID)
		mask, err2 := w.Orgs.MaskedRobot(t.Context(), boss)
		if err != nil || err2 != nil || url != wantURL || key != wantKey || mask != wantMask {
			t.Errorf("%q %q %q %v %v", url, key, mask, err, err2)
		}
	}
	const base, mask = org.DefaultRobotHost, org.DefaultRobotHost + "/cgi-bin/webhook/send?key=693a****"
	check(base, secret, mask)
	if n := w.Count(`select count(*) from org where id = $1 and position($2::bytea in robot_key_enc) > 0`, o.ID, secret); n != 0 {
		t.Error("the key lies open")
	}
	if n := w.Count(`select count(*) from audit_log where detail::text like '%693a91f6%'`); n != 0 {
		t.Error("the key is in the log")
	}
	if err := save(org.Settings{ShortName: "鲁中"}); err != nil {
		t.Fatal(err)
	}
	check(base, secret, mask)
	if err := save(org.Settings{RemoveRobot: true}); err != nil {
		t.Fatal(err)
	}
	check("", "", "")
	if got, err := w.Orgs.Get(t.Context(), o.ID); err != nil || got.ResumeStatus != "partial" || got.ShortName != "" {
		t.Errorf("%+v %v", got, err)
	}
	worker := authz.Scope{Account: 3, Role: authz.Worker, Org: o.ID}
	if err := w.Orgs.SaveSettings(t.Context(), worker, org.Settings{ResumeStatus: "full"}, w.Now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker: %v", err)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	w := authtest.New(t)
	for range 6 {
		w.Org(org.Enterprise, "同名企业")
		w.Clock.Advance(time.Hour)
	}
	gaoxin := w.Org(org.Enterprise, "高新企业")
	gaoxin.AdminZone = "zb-gaoxin"
	if err := w.Orgs.Update(t.Context(), admin, gaoxin, w.Now()); err != nil {
		t.Fatal(err)
	}
	w.Org(org.Bureau, "工业和信息化局")
	for _, tc := range []struct {
		f    org.Filter
		want int
	}{
		{org.Filter{}, 8}, {org.Filter{Kind: org.Bureau}, 1}, {org.Filter{Zone: "zb-gaoxin"}, 1}, {org.Filter{Query: "同名"}, 6},
		{org.Filter{Query: gaoxin.Code[:17]}, 1}, {org.Filter{Query: strings.ToLower(gaoxin.Code)}, 1}, {org.Filter{Query: "%"}, 0},
		{org.Filter{Active: "no"}, 0}, {org.Filter{Active: "yes"}, 8},
	} {
		if res, err := w.Orgs.List(t.Context(), admin, tc.f); err != nil || res.Total != tc.want || len(res.Rows) != tc.want {
			t.Errorf("%+v: %d rows of %d, %v", tc.f, len(res.Rows), res.Total, err)
		}
	}
	if _, err := w.Orgs.List(t.Context(), admin, org.Filter{Page: page.Request{After: "nonsense"}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a broken cursor: %v", err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := org.Filter{Sort: rapid.SampledFrom([]string{"name", "code", "created"}).Draw(rt, "sort"), Desc: rapid.Bool().Draw(rt, "desc"),
			Page: page.Request{Size: rapid.IntRange(2, 9).Draw(rt, "size")}}
		var seen []int32
		for {
			res, err := w.Orgs.List(t.Context(), admin, f)
			if err != nil {
				rt.Fatal(err)
			}
			for _, o := range res.Rows {
				seen = append(seen, o.ID)
			}
			if f.Page.After = res.Next; res.Next == "" {
				break
			}
		}
		if len(seen) != 8 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 8 {
			rt.Fatalf("pages hold %v", seen)
		}
	})
}

func TestDivisionsAndSuggest(t *testing.T) {
	w := authtest.New(t)
	ds, err := w.Orgs.Divisions(t.Context())
	if err != nil || len(ds) != 12 || ds[0].Kind != "city" {
		t.Fatalf("%d divisions, %v", len(ds), err)
	}
	o := w.Org(org.Enterprise, "鲁中机械有限公司")
	w.Org(org.Bureau, "鲁中工业局")
	if found, err := w.Orgs.Suggest(t.Context(), "鲁中", 10); err != nil || len(found) != 1 || found[0].ID != o.ID {
		t.Errorf("%+v %v", found, err)
	}
	if got, err := w.Orgs.ByCode(t.Context(), " "+strings.ToLower(o.Code)); err != nil || got.ID != o.ID {
		t.Errorf("%+v %v", got, err)
	}
	o.Active = false
	if err := w.Orgs.Update(t.Context(), admin, o, w.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Orgs.ByCode(t.Context(), o.Code); !errs.Is(err, errs.NotFound) {
		t.Errorf("inactive: %v", err)
	}
	if n := len(org.Industries()); n != 2+31+17 {
		t.Errorf("%d industries", n)
	}
}

func TestResolve(t *testing.T) {
	w := authtest.New(t)
	first := w.Org(org.Enterprise, "鲁中机械有限公司")
	second := w.Org(org.Enterprise, "鲁中机械有限公司二厂")
	for text, want := range map[string]int32{first.Code: first.ID, "鲁中机械有限公司": first.ID, "二厂": second.ID, "鲁中机械": 0, "": 0, "无": 0} {
		o, err := w.Orgs.Resolve(t.Context(), admin, text)
		if o.ID != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d %v, want %d", text, o.ID, err, want)
		}
	}
	if _, err := w.Orgs.Resolve(t.Context(), authz.Scope{Account: 3, Role: authz.Worker}, first.Code); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker: %v", err)
	}
}

func TestRobotHostsAreOrigins(t *testing.T) {
	w := authtest.New(t)
	o := w.Org(org.Enterprise, "鲁中机械有限公司")
	boss := authz.Scope{Account: 2, Actor: "王", Role: authz.FirmAdmin, Org: o.ID}
	s := org.New(w.DB, w.Box, org.Config{Clock: w.Clock, RobotHosts: []string{"", "http://127.0.0.1:39000/robots"}})
	for address, ok := range map[string]bool{"http://127.0.0.1:39000/cgi-bin/webhook/send?key=k1": true,
		"http://127.0.0.1:39001/cgi-bin/webhook/send?key=k1": false, org.DefaultRobotHost + "/cgi-bin/webhook/send?key=k1": false} {
		err := s.SaveSettings(t.Context(), boss, org.Settings{ResumeStatus: "full", Robot: address}, w.Now())
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
