package main

import (
	"bytes"
	"encoding/json"
)

// column is a column of an import, with the labels under which it occurs.
type column struct {
	Key      string   `json:"key"`
	Labels   []string `json:"labels"`
	Required bool     `json:"required,omitempty"`
}

var rosterColumns = []column{
	{"employee_no", []string{"工号", "员工编号"}, false},
	{"name", []string{"姓名"}, true},
	{"id_type", []string{"证件类型", "证件种类"}, false},
	{"id_number", []string{"证件号码", "身份证号", "身份证号码", "身份证"}, true},
	{"sex", []string{"性别"}, false},
	{"mobile", []string{"手机号", "手机号码", "联系电话", "电话号码", "联系方式"}, false},
	{"email", []string{"邮箱", "电子邮箱", "邮件", "email"}, false},
	{"dept", []string{"部门", "科室"}, false},
	{"workshop", []string{"车间"}, false},
	{"team", []string{"班组"}, false},
	{"shift", []string{"班次"}, false},
	{"post", []string{"岗位", "工种", "职务"}, false},
	{"key_post", []string{"关键岗位"}, false},
	{"employment", []string{"用工形式", "用工性质"}, false},
	{"test_category", []string{"检测人群分类", "人员类别", "应检尽检类别"}, false},
	{"work_status", []string{"在岗状态", "人员状态"}, false},
	{"dorm_building", []string{"宿舍楼"}, false},
	{"dorm_room", []string{"宿舍号", "宿舍", "房间号"}, false},
	{"home_address", []string{"现住址", "居住地", "家庭住址", "现居住地址"}, false},
	{"commute", []string{"通勤方式"}, false},
	{"joined_on", []string{"入职日期", "到岗日期"}, false},
	{"note", []string{"备注"}, false},
}

var labColumns = []column{
	{"id_number", []string{"证件号码", "身份证号", "身份证号码", "身份证"}, false},
	{"employee_no", []string{"工号", "员工编号"}, false},
	{"name", []string{"姓名"}, false},
	{"mobile", []string{"手机号", "手机号码", "联系电话", "电话号码", "联系方式"}, false},
	{"sampled_at", []string{"采样时间", "采样日期"}, true},
	{"tested_at", []string{"检测时间"}, false},
	{"reported_at", []string{"报告时间", "结果填报时间", "出具时间"}, false},
	{"result", []string{"检测结果", "核酸结果", "结果"}, true},
	{"institution", []string{"采样机构", "采样点", "采样地点"}, false},
	{"lab", []string{"检测机构"}, false},
	{"barcode", []string{"样本条形码", "条码号", "管号"}, false},
	{"collect_mode", []string{"采集类型", "混采单采"}, false},
	{"method", []string{"检测方法", "检测项目"}, false},
	{"note", []string{"备注"}, false},
}

// label is a column's usual label.
func label(columns []column, key string) string {
	for _, c := range columns {
		if c.Key == key {
			return c.Labels[0]
		}
	}
	panic("no column " + key)
}

func vocabularyJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(map[string][]column{"roster": rosterColumns, "lab": labColumns})
	return b.Bytes(), err
}
