package password_test

import (
	"context"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/identity/auth/password"
	"github.com/fugong/fugong/internal/platform/errs"
)

func TestCheck(t *testing.T) {
	staff := password.Subject{Known: []string{"liu.yan", "刘燕", "鲁中机械有限公司", "91370303000000001X"}}
	worker := password.Subject{Worker: true, Known: []string{"张三"}, Mobile: func(p string) bool { return p == "13953300001" }}
	for _, tc := range []struct {
		who      password.Subject
		password string
		want     string
	}{
		{staff, "lvye-qingcheng", ""},
		{staff, "绿野青城人民路八号院", ""},
		{staff, "lvye-qing", "auth.password.short"},
		{staff, "a1b2c3d4e5f", ""},
		{staff, strings.Repeat("长密码", 60), "error.too_long"},
		{staff, "liu.yan2022", "auth.password.known"},
		{staff, "LIU.YAN2022", "auth.password.known"},
		{staff, "我在鲁中机械有限公司", "auth.password.known"},
		{staff, "91370303000000001x", "auth.password.known"},
		{staff, "password123", "auth.password.common"},
		{staff, "1234567890", "auth.password.common"},
		{staff, "0987654321", "auth.password.common"},
		{staff, "qwertyuiop", "auth.password.common"},
		{staff, "aaaaaaaaaaaa", "auth.password.common"},
		{staff, "1212121212", "auth.password.common"},
		{worker, "lvye2022", ""},
		{worker, "１lvye２０２２", ""},
		{worker, "lvyeqing", "auth.password.short_worker"},
		{worker, "83920174", "auth.password.short_worker"},
		{worker, "8392017465", ""},
		{worker, "lvye202", "auth.password.short_worker"},
		{worker, "wang1234", "auth.password.common"},
		{worker, "abc12345", "auth.password.common"},
		{worker, "13953300001", "auth.password.known"},
		{worker, "", "auth.password.short_worker"},
	} {
		got := ""
		if m := password.Check(tc.password, tc.who); m != nil {
			got = m.Key
		}
		if got != tc.want {
			t.Errorf("%q: %q, want %q", tc.password, got, tc.want)
		}
	}
}

var cheap = &password.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}

func TestHasher(t *testing.T) {
	h := password.NewHasher(cheap, 1)
	stored, err := h.Hash(t.Context(), "lvye２０２２")
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]bool{"lvye２０２２": true, "lvye2022": true, "Lvye2022": false, "": false} {
		if got, err := h.Verify(t.Context(), given, stored); got != want || err != nil {
			t.Errorf("%q: %v %v", given, got, err)
		}
	}
	if got, err := h.Verify(t.Context(), "", ""); got || err != nil {
		t.Errorf("no stored hash: %v %v", got, err)
	}
	if _, err := h.Verify(t.Context(), "x", "not a hash"); err == nil {
		t.Error("a broken hash is taken")
	}
}

// A request that ends while others are hashing gives up.
func TestHasherWaitsForASlot(t *testing.T) {
	h := password.NewHasher(&password.Params{Memory: 64 << 10, Iterations: 4, Parallelism: 1, SaltLength: 8, KeyLength: 16}, 1)
	started := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		close(started)
		_, err := h.Hash(t.Context(), "first")
		done <- err
	}()
	<-started
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var err error
	for err == nil { // until the first one holds the slot
		_, err = h.Hash(ended, "second")
		select {
		case first := <-done:
			t.Fatalf("the first ended before the second had to wait: %v %v", first, err)
		default:
		}
	}
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
