package ui

// TileMap is a schematic map of the city: one square per district and zone in
// roughly geographic order. It claims no boundaries. Component "ui/tilemap".
type TileMap struct {
	ID      string
	Title   string
	AsOf    string
	Tiles   []MapTile
	Width   int // of the drawing
	Height  int
	Legend  []Level
	Head    []string // of the table: area, value, detail
	ShowRow string
}

// Area is the input of NewTileMap: one area and its figure.
type Area struct {
	Code   string // division code or zone key
	Name   string
	Value  string // "96.4%", or "—" when hidden
	Detail string // "12,904 / 13,380"
	Level  int    // 0 none, 1 low … 5 high; see RateLevel
	Href   string
}

// MapTile is a placed Area.
type MapTile struct {
	Area
	X, Y          int // of the square
	Mid           int // centre for texts
	NameY, ValueY int
	DetailY, Side int
}

// Level is one entry of a legend.
type Level struct {
	Level int
	Label string
}

const (
	tileSize = 104
	tileGap  = 8
	tileCols = 3
)

// tilePlaces puts Zibo's eight districts and counties and three functional zones
// on a grid, column and row, the way they lie to each other.
var tilePlaces = map[string][2]int{
	"370322":        {0, 0}, // 高青县
	"370321":        {1, 0}, // 桓台县
	"zb-gaoxin":     {1, 1}, // 高新区
	"370305":        {2, 1}, // 临淄区
	"370306":        {0, 2}, // 周村区
	"370303":        {1, 2}, // 张店区
	"zb-wenchanghu": {0, 3}, // 文昌湖
	"zb-jingkai":    {1, 3}, // 经开区
	"370302":        {1, 4}, // 淄川区
	"370304":        {1, 5}, // 博山区
	"370323":        {2, 5}, // 沂源县
}

// NewTileMap places areas; those it does not know follow in rows below.
func NewTileMap(t Translate, id, title, asOf string, areas []Area) TileMap {
	m := TileMap{ID: id, Title: title, AsOf: asOf, ShowRow: t("common.chart.table"), Legend: RateLegend(t)}
	rows, extra := 0, 0
	for _, a := range areas {
		if p, ok := tilePlaces[a.Code]; ok {
			rows = max(rows, p[1]+1)
		}
	}
	for _, a := range areas {
		p, ok := tilePlaces[a.Code]
		if !ok {
			p = [2]int{extra % tileCols, rows + extra/tileCols}
			extra++
		}
		m.Tiles = append(m.Tiles, place(a, p))
	}
	rows += (extra + tileCols - 1) / tileCols
	m.Width = tileCols*(tileSize+tileGap) - tileGap
	m.Height = max(rows*(tileSize+tileGap)-tileGap, 0)
	m.Head = []string{t("common.chart.area"), t("common.chart.value"), t("common.chart.detail")}
	return m
}

func place(a Area, p [2]int) MapTile {
	x, y := p[0]*(tileSize+tileGap), p[1]*(tileSize+tileGap)
	return MapTile{
		Area: a, X: x, Y: y, Mid: x + tileSize/2, Side: tileSize,
		NameY: y + 32, ValueY: y + 62, DetailY: y + 86,
	}
}

// RateLevel maps a share to a colour level: 1 below 80 %, 2 below 90, 3 below 95,
// 4 below 100, 5 complete. Zero stands for no figure.
func RateLevel(num, den int) int {
	n, d := int64(num)*100, int64(den)
	switch {
	case den <= 0:
		return 0
	case n < d*80:
		return 1
	case n < d*90:
		return 2
	case n < d*95:
		return 3
	case num < den:
		return 4
	default:
		return 5
	}
}

// RateLegend explains the levels of RateLevel.
func RateLegend(t Translate) []Level {
	return []Level{
		{1, "< 80%"}, {2, "80–90%"}, {3, "90–95%"}, {4, "95–100%"}, {5, "100%"}, {0, t("common.rate.none")},
	}
}

// Heatmap is a table whose cells are coloured and carry their figure: areas or
// enterprises down, weeks across. Component "ui/heatmap".
type Heatmap struct {
	ID     string
	Title  string
	AsOf   string
	Corner string // heading of the first column
	Cols   []string
	Rows   []HeatRow
	Legend []Level
}

// HeatRow is one row of a Heatmap.
type HeatRow struct {
	Label string
	Href  string
	Cells []HeatCell
}

// HeatCell is one figure: its text, its level, and the counts behind it.
type HeatCell struct {
	Text  string
	Title string
	Level int
}

// NewHeatCell is the cell for num of den; a den below floor is hidden.
func NewHeatCell(t Translate, num, den, floor int) HeatCell {
	if den < floor || den <= 0 {
		return HeatCell{Text: "—", Title: t("common.rate.hidden")}
	}
	return HeatCell{Text: Percent(num, den), Title: Number(num) + " / " + Number(den), Level: RateLevel(num, den)}
}
