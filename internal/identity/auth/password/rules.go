package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/errs"
)

// Least lengths, in characters.
const (
	Min       = 10 // of anything
	MinWorker = 8  // of letters and digits, for workers, who type on a phone
	Max       = 128
)

// Subject is whom a password is for: what others know of them must not be in it.
type Subject struct {
	Worker bool
	Known  []string            // login, names, the org's name and code
	Mobile func(s string) bool // reports whether s is the person's own mobile number
}

// Check says what is wrong with a new password, nil when nothing is.
func Check(password string, who Subject) *errs.Message {
	p := fold(password)
	n := utf8.RuneCountInString(p)
	switch {
	case n > Max:
		return message("error.too_long", "Max", Max)
	case who.Worker && !longForWorker(p, n):
		return message("auth.password.short_worker", "Min", Min, "MinWorker", MinWorker)
	case !who.Worker && n < Min:
		return message("auth.password.short", "Min", Min)
	case guessable(p):
		return message("auth.password.common")
	case known(p, who):
		return message("auth.password.known")
	}
	return nil
}

func message(key string, args ...any) *errs.Message {
	m := errs.Msg(key, args...)
	return &m
}

func longForWorker(p string, n int) bool {
	mixed := strings.ContainsFunc(p, unicode.IsLetter) && strings.ContainsFunc(p, unicode.IsDigit)
	return n >= Min || n >= MinWorker && mixed
}

// known: what a colleague would try first.
func known(p string, who Subject) bool {
	p = strings.ToLower(p)
	for _, k := range who.Known {
		k = strings.ToLower(strings.TrimSpace(k))
		if k != "" && (p == k || utf8.RuneCountInString(k) >= 4 && strings.Contains(p, k)) {
			return true
		}
	}
	return who.Mobile != nil && who.Mobile(p)
}

// guessable finds passwords from the top of every list of stolen ones: the common words with digits around them, one
// character repeated, and runs of the keyboard or the alphabet.
func guessable(p string) bool {
	lower := strings.ToLower(p)
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	if common[core] || common[lower] {
		return true
	}
	distinct := map[rune]bool{}
	for _, r := range lower {
		distinct[r] = true
	}
	if len(distinct) < 4 {
		return true
	}
	for _, run := range runs {
		if strings.Contains(run, lower) || strings.Contains(run, reverse(lower)) {
			return true
		}
	}
	return false
}

func reverse(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// runs of neighbours; doubled, so that a run may go round.
var runs = []string{"01234567890123456789", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm",
	"qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p"}

// common are words that, with digits before or behind, are not passwords.
var common = map[string]bool{"password": true, "passw0rd": true, "p@ssw0rd": true, "p@ssword": true, "passwd": true, "admin": true,
	"administrator": true, "root": true, "welcome": true, "letmein": true, "iloveyou": true, "qwerty": true, "qwertyuiop": true,
	"asdfghjkl": true, "abc": true, "abcd": true, "aa": true, "a": true, "aaa": true, "qq": true, "wang": true, "zhang": true,
	"li": true, "woaini": true, "woaiwojia": true, "woaizuguo": true, "mima": true, "denglu": true, "nihao": true, "zhongguo": true,
	"china": true, "shandong": true, "zibo": true, "fugong": true, "fugongdang": true, "hesuan": true, "qiye": true, "zhigong": true,
	"test": true, "user": true, "guest": true, "login": true, "changeme": true, "secret": true, "dragon": true, "monkey": true,
	"football": true, "sunshine": true, "princess": true, "superman": true, "q1w2e3r4t5": true, "1q2w3e4r5t": true, "1q2w3e4r": true,
	"q1w2e3r4": true, "a1b2c3d4": true, "a1b2c3d4e5": true, "5201314": true}
