package ui

// The parts of the style page that stand where someone works: the worker's card,
// the list, the form, the file, the job.

func (s sample) standings() []Standing {
	why := s.say("为什么是这个结果", "Why this result")
	source := s.say("规则：淄博市 2022年3月 常态化防控 第 1 版", "Rule: Zibo, March 2022, version 1")
	return []Standing{
		{
			Badge: StandingBadge(s.t, "due_soon"), DateTime: "2022-03-25T09:00:00+08:00",
			Title:  s.say("请在 3月25日 (周五) 09:00 前采样", "Be tested by Fri 25 March, 09:00"),
			Left:   s.t("common.left", "Duration", s.t("common.hours", "N", 21)),
			Action: &Action{Label: s.say("登记核酸", "Log a test"), Href: "#", Icon: "tube"},
			Why:    why, Source: source,
			Reasons: []string{
				s.say("您的岗位：车间生产人员，每 7 天检测一次", "Your post: production staff, one test every 7 days"),
				s.say("上次采样：2022-03-18 (周五) 09:00，阴性", "Last sample: 2022-03-18 (Fri) 09:00, negative"),
				s.say("3月25日 09:00 起将变为“应检未检”", "From 25 March 09:00 this becomes “Overdue”"),
			},
		},
		{
			Badge: StandingBadge(s.t, "ok"), Title: s.say("下次采样：3月31日 (周四) 09:00 前", "Next test by Thu 31 March, 09:00"),
			Text: s.say("您今天不需要做任何事。", "There is nothing to do today."),
			Why:  why, Source: source, Reasons: []string{s.say("上次采样：2022-03-24 (周四) 09:00，阴性", "Last sample: 2022-03-24 (Thu) 09:00, negative")},
		},
		{
			Badge: StandingBadge(s.t, "held"), Title: s.say("请先不要到岗", "Please do not come to work yet"),
			Text: s.say("同管混采结果异常，正在安排单独复采。结果出来前请在原地等待，疫情防控专员会联系您。", "A pooled tube needs a second look. You will be sampled again alone. Please wait where you are; the health officer will call you."),
		},
	}
}

func (s sample) tiles() []Tile {
	return []Tile{
		{Label: s.say("登记核酸", "Log a test"), Sub: s.say("采样或结果", "Sample or result"), Href: "#", Icon: "tube", Primary: true},
		{Label: s.say("上报症状", "Report symptoms"), Sub: s.say("体温与不适", "Temperature, symptoms"), Href: "#", Icon: "thermometer"},
		{Label: s.say("我的档案", "My file"), Sub: s.say("记录与查阅", "Records and readers"), Href: "#", Icon: "file"},
	}
}

func (s sample) stats() []Stat {
	tested := NewRate(s.t, "", 1204, 1238, "")
	return []Stat{
		{Label: s.say("核酸检测率", "Tested"), Rate: &tested, Sub: s.asOf(), Icon: "tube"},
		{Label: s.t("state.overdue"), Value: "34", Unit: s.say("人", ""), Tone: ToneDanger, Icon: "alert", Href: "#", Delta: &Delta{Text: s.say("比昨天少 12", "12 fewer than yesterday"), Tone: ToneOK}},
		{Label: s.t("state.due_soon"), Value: "112", Unit: s.say("人", ""), Tone: ToneWarn, Icon: "clock", Href: "#", Sub: s.say("24 小时内", "within 24 hours")},
		{Label: s.t("state.pending"), Value: "86", Unit: s.say("人", ""), Tone: ToneInfo, Icon: "tube", Href: "#", Spark: NewSpark(s.say("近七天：41 升至 86", "Seven days: 41 up to 86"), 41, 38, 52, 60, 57, 71, 86)},
		{Label: s.t("state.held"), Value: "2", Unit: s.say("人", ""), Tone: ToneHeld, Icon: "stop", Href: "#"},
	}
}

func (s sample) table() Table {
	tb := NewTable(s.t, s.id("employees"), s.say("职工名单", "Employees"))
	tb.Toolbar = NewToolbar(s.t, "#", tb.ID)
	tb.Toolbar.Search = &Search{Name: "q", Label: s.say("姓名、工号或手机尾号", "Name, number or end of phone")}
	tb.Toolbar.Selects = []Select{{Name: "shop", Label: s.say("车间", "Workshop"), Options: []Option{{Label: s.t("common.all")}, {Value: "2", Label: s.say("二车间", "Workshop 2"), Selected: true}}}}
	tb.Toolbar.Chips = []Chip{
		{Label: s.t("common.all"), Count: "1,238", Href: "#", Current: true},
		{Label: s.t("state.overdue"), Count: "34", Href: "#", Tone: ToneDanger},
		{Label: s.t("state.due_soon"), Count: "112", Href: "#", Tone: ToneWarn},
		{Label: s.t("state.pending"), Count: "86", Href: "#", Tone: ToneInfo},
	}
	tb.Toolbar.Clear = "#"
	tb.Toolbar.Actions = []Action{{Label: s.t("common.export"), Href: "#", Icon: "download", Download: true}}
	tb.Columns = []Column{
		{Label: s.say("姓名", "Name"), Head: true, SortHref: "#", Sorted: "ascending"}, {Label: s.say("车间 / 班组", "Workshop, team")},
		{Label: s.t("common.status")}, {Label: s.say("下次到期", "Next due"), SortHref: "#"}, {Label: s.say("本月次数", "This month"), Numeric: true}, {Label: s.t("common.actions"), Tight: true},
	}
	for i, row := range []struct{ zh, en, state, due string }{
		{"张**", "Zhang **", "overdue", "03-23 (周三) 09:00"}, {"李*", "Li *", "due_soon", "03-25 (周五) 08:30"},
		{"欧阳**", "Ouyang **", "pending", "03-31 (周四) 09:00"}, {"王**", "Wang **", "held", "—"}, {"赵*", "Zhao *", "ok", "03-30 (周三) 16:20"},
	} {
		name := s.say(row.zh, row.en)
		tb.Rows = append(tb.Rows, Row{Value: row.en, Label: name, Cells: []Cell{
			{Text: name, Sub: "A00" + Number(31+i), Href: "#"}, Text(s.say("二车间 甲班", "Workshop 2, team A")), Badges(StandingBadge(s.t, row.state)),
			Text(row.due), Count(4 - i%3), {Actions: []Action{{Label: s.say("代登记", "Log for them"), Href: "#"}}},
		}})
	}
	tb.Rows[0].Tone = ToneDanger
	tb.Pager = NewPager(s.t, 5, 1238, "", "#")
	tb.Bulk = NewBulk(s.t, "ids", Action{Label: s.say("催办", "Remind"), Href: "#", Icon: "bell", Kind: KindPrimary}, Action{Label: s.t("common.export"), Href: "#", Icon: "download"})
	return tb
}

func (s sample) form() Form {
	field := func(kind FieldKind, name, zh, en string) Field {
		return Field{Kind: kind, Name: name, ID: s.id(name), Label: s.say(zh, en)}
	}
	when := field(FieldDateTime, "sampled_at", "采样时间", "Sampled at")
	when.Required, when.Value, when.Error = true, "2022-03-25T09:00", s.say("采样时间不能晚于现在", "The sample cannot be later than now")
	result := field(FieldRadio, s.id("result"), "结果", "Result")
	result.Required, result.Inline = true, true
	result.Options = []Option{{Value: "pending", Label: s.t("result.pending"), Selected: true}, {Value: "negative", Label: s.t("result.negative")}, {Value: "positive", Label: s.t("result.positive"), Hint: s.say("请先不要到岗", "Please do not come to work")}}
	temp := field(FieldNumber, "temp", "体温", "Temperature")
	temp.Unit, temp.Value, temp.Hint = "℃", "36.5", s.say("34.0 至 43.0", "34.0 to 43.0")
	symptoms := field(FieldChecks, "symptoms", "现在有哪些不适", "What do you feel now")
	symptoms.Inline = true
	for _, id := range []string{"fever", "dry_cough", "fatigue", "sore_throat"} {
		symptoms.Options = append(symptoms.Options, Option{Value: id, Label: s.t("symptom." + id)})
	}
	site := field(FieldSelect, "site", "采样点", "Site")
	site.Options = []Option{{Value: "1", Label: s.say("厂区东门采样点", "East gate")}, {Value: "2", Label: s.say("和平街道采样点", "Heping street")}}
	secret := field(FieldPassword, "password", "密码", "Password")
	secret.Autocomplete = "current-password"
	photo := field(FieldPhoto, "photo", "报告照片", "Photo of the report")
	photo.Hint = s.say("可拍照或从相册选择，发送前自动缩小", "Take one or choose one; it is made smaller before it is sent")
	agree := field(FieldCheck, "true", "", "")
	agree.Required, agree.Options = true, []Option{{Value: "1", Label: s.say("以上内容属实", "This is true"), Hint: s.say("如有不适，先报告、不到岗", "If you feel ill, report first and do not come to work")}}
	f := NewGroupedForm(s.t, "#", s.t("common.submit"),
		FieldGroup{Fields: []Field{when, result, temp, site}},
		FieldGroup{Legend: s.say("补充信息", "More"), Fields: []Field{symptoms, field(FieldText, "barcode", "样本条形码", "Barcode"), secret, photo, field(FieldTextarea, "note", "备注", "Note"), agree}})
	f.Cancel = &Link{s.t("common.cancel"), "#"}
	return f
}

func (s sample) facts() Facts {
	reveal := NewDialog(s.t, s.id("reveal"), Action{Label: s.t("common.reveal"), Icon: "eye", Kind: KindQuiet}, "#")
	reveal.Text = s.t("common.reason_hint")
	reveal.Fields = []Field{{Kind: FieldText, Name: "reason", ID: s.id("reason"), Label: s.t("common.reason"), Required: true}}
	return Facts{Columns: true, Items: []Fact{
		{Label: s.say("姓名", "Name"), Value: s.say("张**", "Zhang **")},
		{Label: s.say("证件号码", "Identity number"), Value: "3703**********9970", Masked: true, Reveal: reveal},
		{Label: s.say("手机号", "Mobile"), Value: "139****0001", Masked: true},
		{Label: s.say("检测人群", "Category"), Value: s.t("category.production_staff"), Sub: s.say("每 7 天一次", "every 7 days")},
		{Label: s.say("在岗状态", "Work status"), Badges: []Badge{WorkBadge(s.t, "on_post")}},
		{Label: s.say("班组", "Team"), Value: s.say("二车间 甲班", "Workshop 2, team A"), Href: "#"},
	}}
}

func (s sample) progress() []Progress {
	running := NewProgress(s.t, s.id("job-1"), s.say("导入花名册.xlsx", "Importing roster.xlsx"), "")
	running.Percent, running.Done = 42, "4,200 / 10,000"
	running.Counts = []Tally{{s.say("可导入", "good"), "4,163", ToneOK, ""}, {s.say("需修改", "to mend"), "37", ToneDanger, ""}}
	done := NewProgress(s.t, s.id("job-2"), s.say("导入检测结果.xlsx", "Importing results.xlsx"), "")
	done.Tone, done.State, done.Percent = ToneOK, s.t("common.progress.done"), 100
	done.Counts = []Tally{{s.say("新增", "added"), "9,871", ToneOK, ""}, {s.say("已有", "known"), "92", ToneNeutral, ""}, {s.say("需修改", "to mend"), "37", ToneDanger, "#"}}
	done.Actions = []Action{{Label: s.say("下载结果表", "Download the result"), Href: "#", Icon: "download", Download: true}}
	return []Progress{running, done}
}
