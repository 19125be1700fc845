package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func TestReadManifest(t *testing.T) {
	if names, err := readManifest(fstest.MapFS{".gitkeep": {}}); err != nil || names != nil {
		t.Errorf("unbuilt: %v, %v", names, err)
	}
	built := fstest.MapFS{"manifest.json": {Data: []byte(`{"app.css":"app-1A.css"}`)}}
	if names, err := readManifest(built); err != nil || names["app.css"] != "app-1A.css" {
		t.Errorf("built: %v, %v", names, err)
	}
	if _, err := readManifest(fstest.MapFS{"manifest.json": {Data: []byte(`{`)}}); err == nil {
		t.Error("a broken manifest was taken")
	}
}

// Every asset that a template asks for is an entry point of the build.
func TestAssetsExist(t *testing.T) {
	asked := regexp.MustCompile(`asset "([^"]+)"`)
	err := fs.WalkDir(Templates, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(Templates, path)
		if err != nil {
			return err
		}
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat("src/" + strings.Replace(m[1], ".js", ".ts", 1)); err != nil {
				t.Errorf("%s asks for %s: %v", path, m[1], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Both languages hold the same keys with the same placeholders, and no empty text.
func TestLocalesAgree(t *testing.T) {
	chinese, err := fs.Glob(Locales, "*.zh-CN.json")
	if err != nil || len(chinese) == 0 {
		t.Fatalf("no locales: %v", err)
	}
	for _, name := range chinese {
		zh, en := readTexts(t, name), readTexts(t, strings.Replace(name, "zh-CN", "en", 1))
		for key, text := range zh {
			if en[key] == "" || text == "" {
				t.Errorf("%s: %s is missing or empty in one language", name, key)
			}
			if a, b := placeholders(text), placeholders(en[key]); a != b {
				t.Errorf("%s: %s has placeholders %s in Chinese and %s in English", name, key, a, b)
			}
		}
		for key := range en {
			if _, ok := zh[key]; !ok {
				t.Errorf("%s: %s is missing in Chinese", name, key)
			}
		}
	}
}

func readTexts(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := fs.ReadFile(Locales, name)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return texts
}

func placeholders(text string) string {
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`\{\{\s*\.(\w+)`).FindAllStringSubmatch(text, -1) {
		found[m[1]] = true
	}
	return fmt.Sprint(found)
}

// contrasts are the pairs of text and ground in use, with the ratio that WCAG AA
// asks for: 4.5 for text, 3 for the outline of a control.
var contrasts = []struct {
	fore, back string
	least      float64
}{
	{"ink", "bg", 4.5}, {"ink", "surface", 4.5}, {"ink", "sunken", 4.5},
	{"ink-2", "bg", 4.5}, {"ink-2", "surface", 4.5}, {"ink-2", "sunken", 4.5},
	{"ink-3", "bg", 4.5}, {"ink-3", "surface", 4.5}, {"ink-3", "sunken", 4.5},
	{"brand", "bg", 4.5}, {"brand", "surface", 4.5}, {"brand", "brand-soft", 4.5}, {"ink", "brand-soft", 4.5},
	{"on-brand", "brand", 4.5}, {"on-brand", "brand-2", 4.5}, {"on-bar", "bar", 4.5},
	{"edge", "surface", 3}, {"edge", "bg", 3},
	{"ok", "ok-soft", 4.5}, {"info", "info-soft", 4.5}, {"warn", "warn-soft", 4.5},
	{"danger", "danger-soft", 4.5}, {"held", "held-soft", 4.5}, {"neutral", "neutral-soft", 4.5},
	{"ok", "surface", 4.5}, {"info", "surface", 4.5}, {"warn", "surface", 4.5}, {"danger", "surface", 4.5}, {"held", "surface", 4.5},
	{"on-tone", "ok", 4.5}, {"on-tone", "info", 4.5}, {"on-tone", "warn", 4.5}, {"on-tone", "danger", 4.5}, {"on-tone", "held", 4.5},
	{"ink", "ok-soft", 4.5}, {"ink", "info-soft", 4.5}, {"ink", "warn-soft", 4.5}, {"ink", "danger-soft", 4.5},
	{"brand", "ok-soft", 4.5}, {"brand", "info-soft", 4.5}, {"brand", "warn-soft", 4.5}, {"brand", "danger-soft", 4.5},
	{"on-level", "level-0", 4.5}, {"on-level", "level-1", 4.5}, {"on-level", "level-2", 4.5},
	{"on-level", "level-3", 4.5}, {"on-level", "level-4", 4.5}, {"on-level", "level-5", 4.5},
}

func TestContrast(t *testing.T) {
	raw, err := os.ReadFile("src/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := themesOf(string(raw))
	if len(themes) != 3 {
		t.Fatalf("%d themes in tokens.css, want light, dark by system, dark by choice", len(themes))
	}
	if fmt.Sprint(themes[1]) != fmt.Sprint(themes[2]) {
		t.Error("the two dark themes differ")
	}
	for i, theme := range themes {
		for _, c := range contrasts {
			if got := ratio(theme[c.fore], theme[c.back]); got < c.least {
				t.Errorf("theme %d: %s on %s has contrast %.2f, want %.1f", i, c.fore, c.back, got, c.least)
			}
		}
	}
}

// themesOf reads the colours of each block that sets color-scheme.
func themesOf(css string) []map[string]string {
	var themes []map[string]string
	for _, block := range strings.Split(css, "{") {
		if !strings.Contains(block, "color-scheme:") {
			continue
		}
		theme := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(block, -1) {
			theme[m[1]] = m[2]
		}
		themes = append(themes, theme)
	}
	return themes
}

// ratio is the WCAG contrast of two colours; 0 when one is not known.
func ratio(a, b string) float64 {
	if len(a) != 6 || len(b) != 6 {
		return 0
	}
	hi, lo := luminance(a), luminance(b)
	if hi < lo {
		hi, lo = lo, hi
	}
	return (hi + 0.05) / (lo + 0.05)
}

func luminance(hex string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return math.NaN()
		}
		c := float64(n) / 255
		if c <= 0.03928 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}
