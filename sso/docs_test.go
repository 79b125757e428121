package sso_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Whoever reads a code in a log finds it in the documentation.
func TestDocs_NameEveryCode(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/sign-in.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range []string{"refused.go", "../directory/login.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range regexp.MustCompile(`LoginCode\s+= "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
			found++
			if !strings.Contains(string(text), "`"+code[1]+"`") {
				t.Errorf("docs/sign-in.md does not say what %s means", code[1])
			}
		}
	}
	if found < 30 {
		t.Errorf("%d codes were found", found)
	}
}
