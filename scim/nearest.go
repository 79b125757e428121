package scim

import "strconv"

// maxGuessed is the longest name for which a nearest one is looked for: declared names are short.
const maxGuessed = 40

// nearest returns the declared name that differs from name by the fewest letters, or "" when none is near.
func nearest(name string, attrs []*Attribute) string {
	if len(name) > maxGuessed {
		return ""
	}
	best, least := "", 1+len(name)/3
	for _, a := range attrs {
		if d := distance(name, a.Name); d < least || d == least && best == "" {
			best, least = a.Name, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two ASCII names, without regard to case.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if lowerASCII(a[i]) != lowerASCII(b[j]) {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

func unknownWarning(where, near string) string {
	s := "unknown attribute " + strconv.Quote(printable(where)) + " ignored"
	if near != "" {
		s += "; the nearest declared one is " + strconv.Quote(near)
	}
	return s
}
