package sso

import (
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is the empty margin that readers need (ISO/IEC 18004 §9.1).
const quiet = 4

// drawQR draws a QR code as SVG, one path of dark runs: no image is fetched for it.
func drawQR(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return "", fmt.Errorf("QR code: %w", err)
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
	// Numbers and letters of our own alone, so that nothing needs to be escaped.
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %[1]d %[1]d" role="img" aria-label="QR code" shape-rendering="crispEdges">`+
		`<rect width="%[1]d" height="%[1]d" fill="#fff"/><path d="%[2]s" fill="#000"/></svg>`, size+2*quiet, path.String())), nil
}
