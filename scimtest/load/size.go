package load

import (
	"fmt"
	"strconv"
	"strings"
)

// largestSize keeps the numbers in the users' names at seven digits.
const largestSize = 9_000_000

// ParseSize reads a number of users as people write it: 500, 10k, 1m.
func ParseSize(text string) (int, error) {
	digits, times := strings.ToLower(text), 1
	if rest, ok := strings.CutSuffix(digits, "k"); ok {
		digits, times = rest, 1_000
	} else if rest, ok := strings.CutSuffix(digits, "m"); ok {
		digits, times = rest, 1_000_000
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > largestSize/times {
		return 0, fmt.Errorf("%q is not a number of users such as 500, 10k or 1m (9m at most)", text)
	}
	return n * times, nil
}
