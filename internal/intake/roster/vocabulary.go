package roster

import (
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// vocabulary is how offices head the columns of a roster.
var vocabulary = sheet.Vocabulary{
	{Key: "employee_no", Synonyms: []string{"工号", "员工编号", "职工编号", "员工号", "编号", "Employee No", "Employee number"}},
	{Key: "name", Synonyms: []string{"姓名", "员工姓名", "职工姓名", "Name", "Full name"}, Required: true},
	{Key: "id_type", Synonyms: []string{"证件类型", "证件种类", "ID type"}},
	{Key: "id_number", Synonyms: []string{"证件号码", "身份证号", "身份证号码", "身份证", "证件号", "公民身份号码", "ID number", "ID No"}, Required: true},
	{Key: "sex", Synonyms: []string{"性别", "Sex", "Gender"}},
	{Key: "mobile", Synonyms: []string{"手机号", "手机号码", "手机", "联系电话", "电话号码", "电话", "联系方式", "Mobile", "Phone"}},
	{Key: "email", Synonyms: []string{"邮箱", "电子邮箱", "邮件", "email", "E-mail"}},
	{Key: "dept", Synonyms: []string{"部门", "科室", "所属部门", "Department"}},
	{Key: "workshop", Synonyms: []string{"车间", "所在车间", "Workshop"}},
	{Key: "team", Synonyms: []string{"班组", "班", "小组", "Team"}},
	{Key: "shift", Synonyms: []string{"班次", "Shift"}},
	{Key: "post", Synonyms: []string{"岗位", "工种", "职务", "Post", "Position"}},
	{Key: "key_post", Synonyms: []string{"关键岗位", "是否关键岗位", "Key post"}},
	{Key: "employment", Synonyms: []string{"用工形式", "用工性质", "用工类型", "Employment"}},
	{Key: "test_category", Synonyms: []string{"人员类别", "检测人群分类", "应检尽检类别", "Test category"}},
	{Key: "work_status", Synonyms: []string{"在岗状态", "人员状态", "是否在岗", "Work status"}},
	{Key: "dorm_building", Synonyms: []string{"宿舍楼", "楼号", "Dormitory"}},
	{Key: "dorm_room", Synonyms: []string{"宿舍", "宿舍号", "房间号", "Room"}},
	{Key: "home_address", Synonyms: []string{"现住址", "居住地", "家庭住址", "现居住地址", "住址", "Address"}},
	{Key: "commute", Synonyms: []string{"通勤方式", "上下班方式", "Commute"}},
	{Key: "bus", Synonyms: []string{"班车", "班车线路", "通勤班车", "Shuttle bus"}},
	{Key: "canteen_table", Synonyms: []string{"餐桌", "餐桌号", "食堂座位", "Canteen table"}},
	{Key: "joined_on", Synonyms: []string{"入职日期", "到岗日期", "入职时间", "Joined on"}},
	{Key: "note", Synonyms: []string{"备注", "说明", "Note", "Remarks"}},
}

// field is a column of the sheet and where its text goes.
type field struct {
	key    string
	column int
	of     func(*profile.Incoming) *string
}

// fields lists the fields that the sheet has a column for.
func fields(h sheet.Header) []field {
	var out []field
	for _, f := range []field{
		{"employee_no", 0, func(in *profile.Incoming) *string { return &in.EmployeeNo }},
		{"name", 0, func(in *profile.Incoming) *string { return &in.Name }},
		{"id_type", 0, func(in *profile.Incoming) *string { return &in.IDType }},
		{"id_number", 0, func(in *profile.Incoming) *string { return &in.IDNumber }},
		{"sex", 0, func(in *profile.Incoming) *string { return &in.Sex }},
		{"mobile", 0, func(in *profile.Incoming) *string { return &in.Mobile }},
		{"email", 0, func(in *profile.Incoming) *string { return &in.Email }},
		{"dept", 0, func(in *profile.Incoming) *string { return &in.Dept }},
		{"workshop", 0, func(in *profile.Incoming) *string { return &in.Workshop }},
		{"team", 0, func(in *profile.Incoming) *string { return &in.Team }},
		{"shift", 0, func(in *profile.Incoming) *string { return &in.Shift }},
		{"post", 0, func(in *profile.Incoming) *string { return &in.Post }},
		{"key_post", 0, func(in *profile.Incoming) *string { return &in.KeyPost }},
		{"employment", 0, func(in *profile.Incoming) *string { return &in.Employment }},
		{"test_category", 0, func(in *profile.Incoming) *string { return &in.TestCategory }},
		{"work_status", 0, func(in *profile.Incoming) *string { return &in.WorkStatus }},
		{"dorm_building", 0, func(in *profile.Incoming) *string { return &in.DormBuilding }},
		{"dorm_room", 0, func(in *profile.Incoming) *string { return &in.DormRoom }},
		{"home_address", 0, func(in *profile.Incoming) *string { return &in.HomeAddress }},
		{"commute", 0, func(in *profile.Incoming) *string { return &in.Commute }},
		{"bus", 0, func(in *profile.Incoming) *string { return &in.Bus }},
		{"canteen_table", 0, func(in *profile.Incoming) *string { return &in.CanteenTable }},
		{"joined_on", 0, func(in *profile.Incoming) *string { return &in.JoinedOn }},
		{"note", 0, func(in *profile.Incoming) *string { return &in.Note }},
	} {
		if i, ok := h.Columns[f.key]; ok {
			f.column = i
			out = append(out, f)
		}
	}
	return out
}
