package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fugong/fugong/web"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := chromium.close(); err != nil {
		println("close the browser:", err.Error())
		code = max(code, 1)
	}
	os.Exit(code)
}

// chromium is the one browser of this process, started by the first test that needs it. Every tab has its own browser context,
// as if it were another device.
var chromium browser

type browser struct {
	once   sync.Once
	ctx    context.Context
	cancel context.CancelFunc
	err    error
}

var errNoBrowser = errors.New("no Chromium on this machine (apt-get install chromium fonts-noto-cjk)")

// open starts the browser. Without one it skips the test, or fails it when CI=true.
func (b *browser) open(t *testing.T) context.Context {
	t.Helper()
	if !web.Built() {
		t.Fatal("the web bundle is not built: run make web")
	}
	b.once.Do(b.start)
	if errors.Is(b.err, errNoBrowser) && os.Getenv("CI") != "true" {
		t.Skipf("SKIPPED, NOTHING IS PROVED: %v", b.err)
	}
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.ctx
}

func (b *browser) start() {
	path, err := findBrowser()
	if err != nil {
		b.err = err
		return
	}
	// The default options already keep the browser quiet and give it a fresh profile, which is deleted at the end.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "zh-CN"),
		chromedp.Flag("no-proxy-server", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	b.ctx, b.cancel = ctx, func() { cancel(); stop() }
	b.err = chromedp.Do(ctx) // no deadline here: the browser lives as long as the context of its first call
}

func (b *browser) close() error {
	if b.ctx == nil {
		return nil
	}
	defer b.cancel()
	if b.err != nil {
		return nil // it never came up
	}
	return chromedp.Cancel(b.ctx)
}

func findBrowser() (string, error) {
	if path := os.Getenv("FUGONG_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	mac := "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
	if _, err := os.Stat(mac); err == nil {
		return mac, nil
	}
	return "", errNoBrowser
}

// shots is the folder for screenshots, "" when none are wanted. They are for people to look at, never compared.
func shots() string { return os.Getenv("FUGONG_SHOTS") }

func saveShot(t *testing.T, name string, png []byte) {
	t.Helper()
	if err := os.MkdirAll(shots(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(shots(), name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
