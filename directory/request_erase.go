package directory

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/usher-scim/usher/scim"
)

// The provisioning log holds names of people, and must lose them with the person (X3). A record of somebody whom the
// directory knows has the subject's id. One that came before, such as a refused create, stands under a keyed hash of
// the name, so that it can be found when a person of that name is erased, and by nothing else.

// namePrefix begins what stands in the place of the subject in a record about a name that no user had.
const namePrefix = "name:"

func nameMark(key []byte, name string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte("request\x00" + scim.FoldName(name)))
	return namePrefix + hex.EncodeToString(mac.Sum(nil))
}

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
		if mark := nameMark(key, name); name != "" && !slices.Contains(p.Erase, mark) {
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
	list, _ := value(o, "emails").(scim.Array)
	for _, v := range list {
		if email, ok := v.(*scim.Object); ok {
			found = append(found, text(email, "value"))
		}
	}
	return found
}

// erase notes whose records must go when what waits has been written.
func (q *requests) erase(root string, subjects []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.erased == nil {
		q.erased = map[string][]string{}
	}
	q.erased[root] = append(q.erased[root], subjects...)
}

func (q *requests) takeErased() map[string][]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.erased
	q.erased = nil
	return taken
}
