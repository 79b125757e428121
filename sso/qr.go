package sso

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is the empty margin that readers need (ISO/IEC 18004 §9.1).
const quiet = 4

// drawnQR is a QR code as a path of SVG, of dark runs alone, on a square ground of that size.
type drawnQR struct {
	Size int
	Path string
}

func drawQR(text string) (drawnQR, error) {
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return drawnQR{}, fmt.Errorf("QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			start := x
			for x < size && code.At(x, y) == color.Black {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1H%dz", start+quiet, y+quiet, x-start, start+quiet)
			}
		}
	}
	return drawnQR{Size: size + 2*quiet, Path: path.String()}, nil
}
