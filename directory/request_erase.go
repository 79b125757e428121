package directory

import (
	"context"
	"slices"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/directory/internal/requestlog"
	"github.com/usher-scim/usher/scim"
)

// The provisioning log holds names of people, and must lose them with the person (X3). A record of somebody whom the
// directory knows has the subject's id. One that came before, such as a refused create, stands under a keyed hash of
// the name, so that it can be found when a person of that name is erased, and by nothing else.

// forgetNames adds to a plan that erases people what their names stand under in earlier records.
func (d *Directory) forgetNames(ctx context.Context, p *plan) error {
	if len(p.Erase) == 0 {
		return nil
	}
	key, err := d.tombstoneKey(ctx, p.Root)
	if err != nil {
		return err
	}
	for _, name := range p.erasedNames() {
		if mark := requestlog.NameMark(key, name); name != "" && !slices.Contains(p.Erase, mark) {
			p.Erase = append(p.Erase, mark)
		}
	}
	return nil
}

// erasedNames are the names by which the people who are erased are known.
func (p *plan) erasedNames() []string {
	var names []string
	for _, e := range p.Subjects {
		if e.Before != nil && slices.Contains(p.Erase, e.Before.ID) {
			names = append(names, e.Before.Email)
		}
	}
	for _, e := range p.Users {
		if e.Before != nil && slices.Contains(p.Erase, e.Before.Subject) {
			names = append(append(names, e.Before.UserName, e.Before.ExternalID), emailsIn(e.Before.Body)...)
		}
	}
	return names
}

// emailsIn are the addresses in a stored document.
func emailsIn(body []byte) []string {
	o, err := scim.ParseJSON(body, scim.Limits{})
	if err != nil {
		return nil
	}
	var found []string
	emails, _ := o.Get("emails")
	list, _ := emails.(scim.Array)
	for _, v := range list {
		found = append(found, document.Text(document.Object(v), "value"))
	}
	return found
}
