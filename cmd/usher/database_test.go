package main

import (
	"strings"
	"testing"
)

// What says where the rows are repeats no part of a password, also of one that is not encoded.
func TestRows_TellNoPassword(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"Secre7", "12#Secre7", "12?Secre7", "Secre7:x", "a%20Secre7"} {
		a := &app{globals: globals{Database: "postgres://usher:" + password + "@db.example.com/usher"}}
		if _, where := a.rows(); strings.Contains(where, "Secre7") {
			t.Errorf("%s: %s", a.Database, where)
		}
	}
}
