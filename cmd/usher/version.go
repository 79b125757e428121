package main

import (
	"cmp"
	"runtime/debug"
	"time"
)

type versionCmd struct{}

type versionView struct {
	Version  string     `json:"version"`
	Revision string     `json:"revision"`
	Modified bool       `json:"modified"` // built from files that differ from the revision
	BuiltOf  *time.Time `json:"revision_at"`
	Go       string     `json:"go"`
}

// Run prints the version.
func (c *versionCmd) Run(a *app) error {
	v := version()
	text := "usher " + v.Version
	if v.Revision != "" {
		text += " (" + v.Revision + ")"
	}
	return a.print(v, line(text+" "+v.Go))
}

// version reads what the Go toolchain wrote into the binary.
func version() versionView {
	v := versionView{Version: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if info.Main.Version != "(devel)" {
		v.Version = cmp.Or(info.Main.Version, v.Version)
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		case "vcs.time":
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				v.BuiltOf = &t
			}
		}
	}
	return v
}
