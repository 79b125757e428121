package scimtest

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

// bodies are the literal request bodies, one folder per dialect.
//
//go:embed bodies
var bodies embed.FS

// body returns the literal body of a request. A name is looked for in the scenario's
// folders in order, so a dialect keeps only the files in which it differs.
func (s *Scenario) body(name string) (string, error) {
	if name == "" || strings.HasPrefix(name, "{") {
		return name, nil
	}
	for _, folder := range s.bodies {
		if b, err := bodies.ReadFile(path.Join("bodies", folder, name)); err == nil {
			return string(b), nil
		}
	}
	return "", fmt.Errorf("no body %q in %v", name, s.bodies)
}
