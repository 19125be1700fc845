package demo

import (
	"math/rand/v2"
	"strings"
)

// Surnames by rough frequency in Shandong; the first are the commonest.
var surnames = strings.Fields(`王 李 张 刘 孙 赵 于 陈 徐 高 马 朱 孟 韩 杨 周 宋 郭 曹 许 吕 宗 翟 蒲 胡 郑 冯 耿 司 毕 董 任 贾 苏 孔 庞 石 谭
姚 崔 牛 邢 焦 路 袭 国 边 常 单 解 仇 曾 盖 查 欧阳 尉迟`)

var givenMale = strings.Fields(`伟 强 磊 军 勇 涛 明 超 鹏 杰 刚 波 斌 辉 建国 建军 志强 志刚 国栋 国庆 海涛 海波 永强 永胜 德胜 传贵 学文
学军 振华 振宇 文博 浩然 子轩 宇航 家豪 金龙 玉柱 保国 长青 继业 守田 光明 兴旺 宝库 立新 春生 秋实 凯 帅 洋 亮 峰 飞 宁 旭 晨 昊 博`)

var givenFemale = strings.Fields(`芳 娜 敏 静 丽 艳 娟 霞 燕 玲 桂英 秀英 秀兰 玉兰 淑珍 淑华 凤英 翠花 春梅 冬梅 红梅 晓燕 晓丽 海燕 丽娜 雪 倩
婷 雨涵 欣怡 梓萱 佳琪 梦瑶 晓彤 文静 爱华 爱玲 金凤 玉凤 传英 洪霞 慧 莉 颖 璐 琳 洁 莹 悦 萌 瑞雪 春花 美玲 秋菊 桂兰 素珍`)

// rare are names that old sheets and terminals break on.
var rare = []string{"赵龘", "孙喆", "李㛃", "买买提·艾力", "张靐", "王淏"}

// personName draws a name; about one in two hundred has a rare character.
func personName(r *rand.Rand, male bool) string {
	if r.IntN(200) == 0 {
		return rare[r.IntN(len(rare))]
	}
	// Squaring the draw favours the front of the list.
	x := r.Float64()
	s := surnames[int(x*x*float64(len(surnames)))]
	if male {
		return s + givenMale[r.IntN(len(givenMale))]
	}
	return s + givenFemale[r.IntN(len(givenFemale))]
}
