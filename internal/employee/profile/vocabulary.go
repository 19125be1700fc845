package profile

import (
	"strings"
	"unicode"

	"github.com/fugong/fugong/internal/platform/sheet"
)

// Columns whose value is one of a closed list, by the keys of Incoming's faults.
const (
	ColIDType     = "id_type"
	ColSex        = "sex"
	ColKeyPost    = "key_post"
	ColEmployment = "employment"
	ColCategory   = "test_category"
	ColWorkStatus = "work_status"
	ColCommute    = "commute"
)

// term is one value of a closed list with what people write for it, beside the value itself.
type term struct {
	value string
	label string // i18n key
	words []string
}

// vocabulary holds, for each closed column, its values in the order in which forms show them. The Chinese words are the labels
// of the pages and what rosters of the region use; add to them when an import shows a new one.
var vocabulary = map[string][]term{
	ColIDType: {
		{"cn_id", "id_type.cn_id", []string{"居民身份证", "身份证", "二代身份证", "二代证", "中国居民身份证", "Resident identity card", "ID card"}},
		{"hkmo_residence", "id_type.hkmo_residence", []string{"港澳居民居住证", "港澳台居民居住证", "港澳居住证"}},
		{"tw_residence", "id_type.tw_residence", []string{"台湾居民居住证", "台湾居住证"}},
		{"hkmo_permit", "id_type.hkmo_permit", []string{"港澳居民来往内地通行证", "港澳通行证", "回乡证", "港澳居民通行证"}},
		{"tw_permit", "id_type.tw_permit", []string{"台湾居民来往大陆通行证", "台胞证", "台湾居民通行证"}},
		{"foreign_pr", "id_type.foreign_pr", []string{"外国人永久居留身份证", "外国人永久居留证", "外国人永居证", "永居证", "绿卡"}},
		{"passport", "id_type.passport", []string{"护照", "外国护照", "中国护照"}},
		{"other", "id_type.other", []string{"其他", "其它", "其他证件"}},
	},
	ColSex: {
		{"M", "sex.male", []string{"男", "男性", "Male", "man"}},
		{"F", "sex.female", []string{"女", "女性", "Female", "woman"}},
	},
	ColKeyPost: {
		{"yes", "common.yes", []string{"是", "关键", "关键岗位", "1", "y", "true", "√", "✓", "有"}},
		{"no", "common.no", []string{"否", "非关键", "普通", "0", "n", "false", "×", "✗", "x", "无"}},
	},
	ColEmployment: {
		{"regular", "employment.regular", []string{"正式", "正式工", "正式员工", "正式职工", "在编", "合同工", "合同制", "自有员工", "全职"}},
		{"dispatch", "employment.dispatch", []string{"劳务派遣", "派遣", "派遣工", "劳务派遣工", "劳务工", "劳务", "派遣员工"}},
		{"outsourced", "employment.outsourced", []string{"外包", "外包人员", "外包工", "外协", "外委", "外协人员", "承包商", "业务外包"}},
		{"temporary", "employment.temporary", []string{"临时", "临时工", "临时用工", "短期工", "小时工", "季节工", "返聘", "兼职"}},
		{"intern", "employment.intern", []string{"实习", "实习生", "见习", "顶岗实习", "学徒"}},
		{"visitor_longterm", "employment.visitor_longterm", []string{"驻厂", "驻厂人员", "长期驻厂", "驻点", "驻场"}},
	},
	ColWorkStatus: {
		{"on_post", "work_status.on_post", []string{"在岗", "在职", "上班", "正常", "到岗", "已返岗", "在厂", "正常上班", "在班"}},
		{"work_from_home", "work_status.work_from_home", []string{"居家办公", "居家", "在家办公", "线上办公", "远程办公"}},
		{"awaiting_return", "work_status.awaiting_return", []string{"待返岗", "未返岗", "待返厂", "未到岗", "待复工", "未返回", "待岗"}},
		{"controlled", "work_status.controlled", []string{"管控中", "管控", "隔离", "隔离中", "封控", "居家隔离", "集中隔离", "居家监测"}},
		{"leave", "work_status.leave", []string{"请假", "休假", "病假", "事假", "产假", "婚假", "年假", "探亲假", "丧假", "工伤假", "休假中", "请假中"}},
		{"resigned", "work_status.resigned", []string{"离职", "已离职", "辞职", "辞退", "退休", "已退休", "解除合同", "离厂", "调出"}},
	},
	ColCommute: {
		{"walk", "employee.commute.walk", []string{"步行", "走路"}},
		{"bike", "employee.commute.bike", []string{"骑行", "自行车", "电动车", "电瓶车", "电动自行车", "摩托车", "骑车"}},
		{"drive", "employee.commute.drive", []string{"自驾", "开车", "私家车", "自驾车", "驾车"}},
		{"shuttle", "employee.commute.shuttle", []string{"班车", "厂车", "通勤车", "单位班车"}},
		{"bus", "employee.commute.bus", []string{"公交", "公交车", "公共交通"}},
		{"carpool", "employee.commute.carpool", []string{"拼车", "顺风车", "搭车", "合乘"}},
		{"taxi", "employee.commute.taxi", []string{"出租车", "打车", "网约车", "的士"}},
		{"dorm", "employee.commute.dorm", []string{"住厂", "住厂内", "住宿舍", "无需通勤", "厂内住宿"}},
		{"other", "employee.commute.other", []string{"其他", "其它"}},
	},
	ColCategory: categories,
}

var categories = []term{
	{"general_staff", "category.general_staff", []string{"在岗职工", "普通职工", "一般职工", "职工", "一般员工", "普通员工", "办公室", "管理人员", "行政", "愿检尽检"}},
	{"production_staff", "category.production_staff", []string{"车间生产人员", "生产人员", "车间人员", "一线工人", "生产工人", "操作工", "一线职工", "生产一线"}},
	{"construction_site", "category.construction_site", []string{"项目工地人员", "工地人员", "建筑工地", "施工人员", "项目工地", "建筑工人"}},
	{"icc_frontline", "category.icc_frontline", []string{"进口冷链一线作业人员", "进口冷链", "进口冷链一线", "进口冷链装卸", "进口冷链搬运", "冷链装卸", "冷链搬运", "专仓作业"}},
	{"icc_other", "category.icc_other", []string{"进口冷链其他直接接触人员", "进口冷链其他", "其他直接接触进口冷链者"}},
	{"cold_chain_domestic", "category.cold_chain_domestic", []string{"其他冷链从业人员", "冷链", "冷链人员", "冷库", "国内冷链", "冷藏冷冻"}},
	{"hr_noncold_frontline", "category.hr_noncold_frontline", []string{"进口高风险非冷链直接接触人员", "进口高风险非冷链", "进口集装箱", "进口货物装卸"}},
	{"noncold_other", "category.noncold_other", []string{"进口非冷链其他人员", "进口非冷链", "进口非冷链仓储", "进口货物仓储"}},
	{"intl_mail", "category.intl_mail", []string{"国际邮件快件人员", "国际邮件", "国际快件", "国际邮件快件"}},
	{"overseas_material", "category.overseas_material", []string{"境外来料加工人员", "境外来料加工", "来料加工"}},
	{"retail_market", "category.retail_market", []string{"商超、农贸、小餐饮人员", "商超", "农贸", "农贸市场", "小餐饮", "超市"}},
	{"pharmacy", "category.pharmacy", []string{"药店人员", "药店", "药房"}},
	{"hotel_travel", "category.hotel_travel", []string{"酒店旅游人员", "酒店", "旅游", "宾馆"}},
	{"courier_transport", "category.courier_transport", []string{"快递、交通运输人员", "快递", "物流", "外卖", "交通运输", "运输人员"}},
	{"crowded_service", "category.crowded_service", []string{"人员密集接触频繁岗位", "人员密集", "窗口服务", "接触频繁", "服务窗口"}},
	{"canteen", "category.canteen", []string{"食堂人员", "食堂", "餐厅", "厨师", "炊事员", "帮厨", "食堂职工"}},
	{"security_clean", "category.security_clean", []string{"保安保洁人员", "保安", "保洁", "门卫", "保安保洁", "清洁工", "物业"}},
	{"driver", "category.driver", []string{"司机", "驾驶员", "货车司机", "班车司机", "叉车司机"}},
}

// readers maps, for each column, the folded spelling to the value.
var readers = func() map[string]map[string]string {
	out := make(map[string]map[string]string, len(vocabulary))
	for column, terms := range vocabulary {
		words := map[string]string{}
		for _, t := range terms {
			words[fold(t.value)] = t.value
			for _, w := range t.words {
				words[fold(w)] = t.value
			}
		}
		out[column] = words
	}
	return out
}()

// fold brings a word into the form in which the vocabulary compares: normal width, lower case, without spaces, brackets,
// commas and the like.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, sheet.NormalizeText(s))
}

// Read finds the stored value for what somebody wrote in a closed column: the value itself, its label or a common word.
func Read(column, text string) (value string, ok bool) {
	words := readers[column]
	if value, ok = words[text]; !ok {
		value, ok = words[fold(text)]
	}
	return value, ok
}

// Choices lists the values of a closed column in the order in which forms show them.
func Choices(column string) []string {
	terms := vocabulary[column]
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = t.value
	}
	return out
}

// LabelKey is the message key of a value of a closed column, "" when there is no such value.
func LabelKey(column, value string) string {
	for _, t := range vocabulary[column] {
		if t.value == value {
			return t.label
		}
	}
	return ""
}
