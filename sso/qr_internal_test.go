package sso

import (
	"fmt"
	"image/color"
	"regexp"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
)

// TestDrawQR_IsTheCode draws the path again and compares it with the code, dot by dot.
func TestDrawQR_IsTheCode(t *testing.T) {
	t.Parallel()
	const text = "otpauth://totp/ACME:ada@example.com?issuer=ACME&secret=JBSWY3DPEHPK3PXP"
	drawn, err := drawQR(text)
	if err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1H(\d+)z`).FindAllStringSubmatch(drawn.Path, -1) {
		var x, y, length, back int
		_, _ = fmt.Sscan(strings.Join(run[1:], " "), &x, &y, &length, &back)
		if back != x {
			t.Fatalf("the run %v does not close", run)
		}
		for i := range length {
			dark[[2]int{x + i - quiet, y - quiet}] = true
		}
	}
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		t.Fatal(err)
	}
	for y := range code.Bounds().Dy() {
		for x := range code.Bounds().Dx() {
			if dark[[2]int{x, y}] != (code.At(x, y) == color.Black) {
				t.Fatalf("the dot at %d, %d differs", x, y)
			}
		}
	}
}

func TestDrawQR_RefusesWhatIsTooLong(t *testing.T) {
	t.Parallel()
	if _, err := drawQR(strings.Repeat("a", 5000)); err == nil {
		t.Error("no error")
	}
}
