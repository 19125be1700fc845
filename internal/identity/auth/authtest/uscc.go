package authtest

import (
	"fmt"

	"github.com/fugong/fugong/internal/platform/gb"
)

// USCC is the nth social credit code of tests, with a check character that fits.
func USCC(n int) string {
	first := fmt.Sprintf("91370303%09d", n)
	return first + string(rune(gb.USCCCheckDigit(first)))
}
