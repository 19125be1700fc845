package qrsvg_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"rsc.io/qr"

	"github.com/fugong/fugong/internal/platform/qrsvg"
)

var rect = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// Painting the path must give the code, module for module, inside an empty
// border of four.
func TestPathPaintsTheCode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1", "HELLO", "https://fugong.example/t/7Q2K", "复工档 二车间 张**", strings.Repeat("x", 2000)} {
		path, modules, err := qrsvg.Path(text)
		if err != nil {
			t.Fatal(err)
		}
		code, err := qr.Encode(text, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		if modules != code.Size+8 {
			t.Fatalf("%d modules for a code of %d", modules, code.Size)
		}
		if rest := rect.ReplaceAllString(path, ""); rest != "" {
			t.Fatalf("the path also holds %q", rest)
		}
		black := paint(t, path)
		for y := range modules {
			for x := range modules {
				if want := code.Black(x-4, y-4); black[[2]int{x, y}] != want {
					t.Fatalf("module %d,%d is %v, want %v", x, y, !want, want)
				}
			}
		}
	}
}

func paint(t *testing.T, path string) map[[2]int]bool {
	t.Helper()
	black := make(map[[2]int]bool)
	for _, m := range rect.FindAllString(path, -1) {
		var x, y, w, back int
		if _, err := fmt.Sscanf(m, "M%d %dh%dv1h-%dz", &x, &y, &w, &back); err != nil || w != back {
			t.Fatalf("%s: %v", m, err)
		}
		for i := range w {
			if black[[2]int{x + i, y}] {
				t.Fatalf("%d,%d is painted twice", x+i, y)
			}
			black[[2]int{x + i, y}] = true
		}
	}
	return black
}

func TestPathRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "long": strings.Repeat("x", 2400)} {
		if path, modules, err := qrsvg.Path(text); err == nil || path != "" || modules != 0 {
			t.Errorf("%s: %q %d %v", name, path, modules, err)
		}
	}
}
