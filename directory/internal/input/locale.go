package input

import (
	"time"
	_ "time/tzdata" // a time zone is known or unknown by its name, not by what the machine has installed

	"golang.org/x/text/language"

	"github.com/usher-scim/usher/directory/internal/refusal"
)

// TimeZone refuses what is no name of a time zone. None is one.
func TimeZone(name string) error {
	if name == "" {
		return nil
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return refusal.New(refusal.Invalid, "use a name of the IANA time zone database, such as Europe/Zurich", "the time zone %q is not known", name)
	}
	return nil
}

// Language refuses what is no tag of a language. None is one.
func Language(tag string) error {
	if tag == "" {
		return nil
	}
	if _, err := language.Parse(tag); err != nil {
		return refusal.New(refusal.Invalid, "use a BCP 47 tag such as en, de-CH or pt-BR", "the language %q is not known", tag)
	}
	return nil
}
