package storetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// promisedParts are of `co` and `ew`.
var promisedParts = []promise{
	{"D-30 a part of what has an index is found without a document, a part of anything else is not", func(p *place) {
		for i := range 20 {
			p.insertUser(p.userOf(fmt.Sprintf(`{"userName":"User%[1]d","externalId":"Ext%[1]d","displayName":"The %[1]dth","title":"t",
				"name":{"familyName":"Fämily%[2]d"},"emails":[{"value":"A%[1]d@Work.example","type":"work"},{"value":"b%[2]d@home.example"}]}`, i, i%2)))
		}
		for filter, want := range map[string]int{
			`userName co "SER1"`:                                11,
			`userName ew "r19"`:                                 1,
			`userName co "x"`:                                   0,
			`externalId co "xt1"`:                               11, // caseExact
			`externalId co "XT1"`:                               0,
			`externalId ew "9"`:                                 2,
			`displayName co "E 1"`:                              11,
			`displayName co " "`:                                20, // shorter than any word
			`displayName co ""`:                                 20,
			`displayName ew ""`:                                 20,
			`name.familyName co "ÄM"`:                           20,
			`name.familyName ew "LY0"`:                          10,
			`name.familyName ew "FÄ"`:                           0,
			`emails.value co "@"`:                               20, // each has two of them
			`emails.value co "@WORK"`:                           20,
			`emails co "A1@work"`:                               1,
			`emails ew "1@work.EXAMPLE"`:                        2,
			`emails.value co "%"`:                               0,
			`emails.value co "a_@"`:                             0,
			`emails[value co "b0" and value ew "home.example"]`: 10,
			`emails[value co "b0" and value ew "work.example"]`: 0,
			`emails[value co "b0" or value co "b1"]`:            20,
			`not (emails co "b0")`:                              10,
			`not (userName co "1")`:                             9,
			`userName co "1" and emails co "b1"`:                6,
			`userName co "1" or emails co "b1"`:                 15,
			`userName co "1" and active eq false`:               0,
			`not (userName co "1") and not (emails co "b1")`:    5,
			`(userName ew "7" or userName eq "user8") and name.familyName eq "fämily1"`: 2,
		} {
			p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 100, Scan: 1}, filter).Total, want)
		}
		for filter, documents := range map[string]int{
			`title co "t"`:                                  20,
			`phoneNumbers.value co "1"`:                     20,
			`emails[type eq "work" and value co "1@work"]`:  2, // those that the part leaves
			`title eq "t" and userName co "r1"`:             11,
			`title eq "t" or userName co "r1"`:              20,
			`not (emails[type eq "work" and value co "x"])`: 20,
		} {
			q := directory.ListQuery{StartIndex: 1, Limit: 100, Scan: documents - 1}
			if _, err := p.tryList(q, filter); !errors.Is(err, directory.ErrTooMany) {
				p.Errorf("%s with %d documents: %v", filter, q.Scan, err)
			}
			q.Scan = documents
			p.list(q, filter)
		}
	}},
	{"R-085 R-086 pages of a search for a part are those of its matches, in any order and by cursor", func(p *place) {
		var users []directory.User
		for i := range 30 {
			u := p.insertUser(p.userOf(fmt.Sprintf(`{"userName":"u%d","displayName":"D%d","emails":[{"value":"a@%d.example"},{"value":"b@%[3]d.example"}]}`,
				i, i*7%30, i%3)))
			if i%3 == 1 {
				users = append(users, u)
			}
		}
		const filter = `emails co "@1."`
		byName, err := scim.ParseSort(scim.UserType(), "displayName", "", scim.Profile{})
		p.must(err)
		sorted := slices.Clone(users)
		key := func(u directory.User) int {
			var n int
			_, err := fmt.Sscanf(u.UserName, "u%d", &n)
			p.must(err)
			return n * 7 % 30
		}
		slices.SortFunc(sorted, func(a, b directory.User) int {
			return slices.Compare([]byte(fmt.Sprint("d", key(a))), []byte(fmt.Sprint("d", key(b))))
		})
		for first := range len(users) + 2 {
			for limit := range len(users) + 2 {
				from, to := min(first, len(users)), min(first+limit, len(users))
				for _, c := range []struct {
					q    directory.ListQuery
					want []directory.User
				}{
					{directory.ListQuery{StartIndex: first + 1, Limit: limit}, users},
					{directory.ListQuery{StartIndex: first + 1, Limit: limit, Sort: byName}, sorted},
					{directory.ListQuery{StartIndex: first + 1, Limit: limit, Sort: byName, Scan: 1}, sorted},
				} {
					page := p.list(c.q, filter)
					p.equal([]any{page.Total, page.More, userIDs(page.Users)}, []any{len(users), limit > 0 && to < len(users), userIDs(c.want[from:to])})
				}
				if from > 0 {
					page := p.list(directory.ListQuery{After: &scim.Position{Seq: users[from-1].Seq}, Limit: limit}, filter)
					p.equal([]any{page.Total, page.More, userIDs(page.Users)}, []any{len(users), limit > 0 && to < len(users), userIDs(users[from:to])})
				}
			}
		}
	}},
	{"a part of a text that is longer than a key is looked for in the document", func(p *place) {
		body := func(name, family string) string {
			return fmt.Sprintf(`{"userName":%q,"name":{"familyName":%q},"emails":[{"value":%q}]}`, name, family, name+"@example.com")
		}
		p.insertUser(p.userOf(body("short", "lovelace")))
		p.insertUser(p.userOf(body(long+"middle"+long+"End", long+"middle"+long+"End")))
		for filter, want := range map[string]int{
			`name.familyName co "MIDDLE"`: 1, `name.familyName ew "end"`: 1, `name.familyName co "#"`: 0,
			`name.familyName co "ove"`: 1, `name.familyName co "l"`: 2, `not (name.familyName co "middle")`: 1,
			`name.familyName ew "` + long + `"`: 0, `name.familyName co "` + long + `middle` + long + `"`: 1,
			`userName co "middle"`: 1, `userName ew "` + long + `END"`: 1, `emails co "middle"`: 1,
		} {
			p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, filter).Total, want)
		}
		// Only who has such a text has to be read.
		p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10, Scan: 1}, `name.familyName ew "end"`).Total, 1)
	}},
	{"a part is one of the text itself, not of what an engine writes in its place", func(p *place) {
		p.insertUser(p.userOf(`{"userName":"ada","displayName":"x\u0001z","externalId":"_%\\\uFDD0"}`))
		for filter, want := range map[string]int{
			`displayName co "X\u0001"`: 1, `displayName ew "\u0001Z"`: 1, `displayName ew "x"`: 0,
			`displayName co "\uFDD1"`: 0, `displayName ew "\uFDD1z"`: 0, `not (displayName co "\uFDD1")`: 1,
			`externalId co "\uFDD0"`: 1, `externalId ew "\uFDD0"`: 1, `externalId co "%\\"`: 1, `externalId co "_%"`: 1, `externalId co "__"`: 0,
		} {
			p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, filter).Total, want)
		}
	}},
}
