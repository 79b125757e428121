package postgres

import (
	"testing"
	"time"
)

func TestAnswerBound_IsThatOfStatements(t *testing.T) {
	t.Parallel()
	opt := Options{StatementTimeout: 8 * time.Second}
	for text, want := range map[string]time.Duration{
		"": 9 * time.Second, "60000": 61 * time.Second, "2s": 3 * time.Second, "0": 0, "5min": 0,
	} {
		if got := answerBound(text, opt); got != want {
			t.Errorf("statement_timeout=%q: %s, want %s", text, got, want)
		}
	}
}
