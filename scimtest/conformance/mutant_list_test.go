package conformance

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	orThenAnd  = regexp.MustCompile(`^(\S+ eq "[^"]*") or (\S+ eq "[^"]*") and (\S+ eq "[^"]*")$`)
	twoInPath  = regexp.MustCompile(`(\w+)\[([^\]]*?) and ([^\]]*)\]`)
	zone       = regexp.MustCompile(`[+-]\d\d:\d\d"`)
	capitals   = regexp.MustCompile(`userName eq "CHECK`)
	fractions  = regexp.MustCompile(`(\d\d)\.\d+Z`)
	notAnyWord = regexp.MustCompile(`\bnot `)
)

var filterMutants = []mutant{
	{"filter ignored", "R-062", filters(func(string) string { return dropped })},
	{"404 for no match", "R-054", answers(func(v *served) {
		if v.isList() && strings.Contains(v.request.URL.RawQuery, "usher-check-unknown") && len(v.doc["Resources"].(array)) == 0 && v.request.URL.Query().Get("filter") == `userName eq "usher-check-unknown"` {
			v.status, v.doc = 404, refusal(404)
		}
	})},
	{"or binds before and", "R-067", filters(func(f string) string { return orThenAnd.ReplaceAllString(f, "($1 or $2) and $3") })},
	{"not ignored", "R-067", filters(func(f string) string { return notAnyWord.ReplaceAllString(f, "") })},
	{"value path over several elements", "R-069", filters(func(f string) string { return twoInPath.ReplaceAllString(f, "$1[$2] and $1[$3]") })},
	{"times compared as text", "R-077", filters(func(f string) string { return zone.ReplaceAllString(f, `Z"`) })},
	{"a fraction of a second refused", "R-077", filters(func(f string) string { return fractions.ReplaceAllString(f, "$1,Z") })},
	{"userName found by case", "R-072", filters(func(f string) string { return capitals.ReplaceAllString(f, `userName eq "~CHECK`) })},
	{"externalId found in any case", "R-072", externalInAnyCase()},
	{"operators by case", "R-061", filters(func(f string) string { return strings.Replace(f, " EQ ", " xx ", 1) })},
	{"no ge", "R-060", filters(func(f string) string { return strings.Replace(f, " ge ", " xx ", 1) })},
	{"co is eq", "R-064", filters(func(f string) string { return strings.Replace(f, " co ", " eq ", 1) })},
	{"gt is ge", "R-065", filters(func(f string) string { return strings.Replace(f, "title gt ", "title ge ", 1) })},
	{"pr is always true", "R-066", filters(func(f string) string { return strings.Replace(f, "title pr", "id pr", 1) })},
	{"a sub-attribute is another", "R-068", filters(func(f string) string { return strings.Replace(f, "name.familyName", "name.givenName", 1) })},
	{"the second half of a filter lost behind a value path", "R-070", filters(func(f string) string {
		if i := strings.Index(f, "] and "); i > 0 && strings.HasPrefix(f, "emails[") {
			return f[:i+1]
		}
		return f
	})},
	{"escapes not read", "R-071", filters(func(f string) string { return strings.ReplaceAll(f, `\u00e9`, "e") })},
	{"extensions not found", "R-073", filters(func(f string) string { return strings.ReplaceAll(f, `"Check Department"`, `"nobody"`) })},
	{"URNs not known", "R-033", filters(func(f string) string { return strings.ReplaceAll(f, userURN+":", "x") })},
	{"an unknown operator is eq", "R-074", filters(func(f string) string { return strings.Replace(f, " regex ", " eq ", 1) })},
	{"an open parenthesis closed", "R-075", filters(func(f string) string { return strings.Replace(f, `(userName eq "x"`, `userName eq "x"`, 1) })},
	{"a password that can be guessed", "R-078", filters(func(f string) string { return strings.Replace(f, `password sw "Aa1!"`, "id pr", 1) })},
	{"e-mails found by case", "R-039", filters(func(f string) string {
		return strings.Replace(f, `emails.value eq "CHECK`, `emails.value eq "~CHECK`, 1)
	})},
}

// externalInAnyCase finds externalId as if it were not case-exact.
func externalInAnyCase() fault {
	return filters(func(f string) string {
		i := strings.Index(f, `externalId eq "USHER`)
		if i < 0 {
			return f
		}
		return f[:i] + "externalId pr"
	})
}

var listMutants = []mutant{
	{"count ignored", "R-085", parameter("count", func(value string, all url.Values) string {
		if all.Has("cursor") {
			return value
		}
		return dropped
	})},
	{"startIndex from 0", "R-086", parameter("startIndex", func(value string, _ url.Values) string { return string(number(atoi(value) + 1)) })},
	{"totalResults of the page", "R-086", answers(func(v *served) {
		if v.isList() && !v.request.URL.Query().Has("cursor") && v.request.Method == http.MethodGet {
			v.set("totalResults", len(v.doc["Resources"].(array)))
		}
	})},
	{"a negative count is everything", "R-084", parameter("count", func(value string, all url.Values) string {
		if strings.HasPrefix(value, "-") && !all.Has("cursor") {
			return dropped
		}
		return value
	})},
	{"startIndex 0 refused", "R-083", parameter("startIndex", func(value string, _ url.Values) string {
		if value == "0" {
			return "zero"
		}
		return value
	})},
	{"404 beyond the end", "R-088", answers(func(v *served) {
		if v.isList() && v.request.URL.Query().Get("startIndex") == "1000" {
			v.status, v.doc = 404, refusal(404)
		}
	})},
	{"a page in another order", "R-087", parameter("startIndex", func(value string, all url.Values) string {
		if value == "3" {
			return "2"
		}
		return value
	})},
	{"descending ignored", "R-082", parameter("sortOrder", func(string, url.Values) string { return dropped })},
	{"missing values last in descending order", "R-081", answers(func(v *served) {
		if q := v.request.URL.Query(); v.isList() && q.Get("sortBy") == "title" && q.Get("sortOrder") == "descending" {
			list := v.doc["Resources"].(array)
			v.set("Resources", append(slices.Clone(list[1:]), list[0]))
		}
	})},
	{"sorted by the first element", "R-080", parameter("sortBy", func(value string, _ url.Values) string {
		if value == "emails.value" {
			return "userName"
		}
		return value
	})},
	{"attributes ignored", "R-091", parameter("attributes", func(string, url.Values) string { return dropped })},
	{"excludedAttributes takes the id", "R-092", answers(func(v *served) {
		if strings.HasPrefix(v.request.URL.Query().Get("excludedAttributes"), "id") {
			delete(v.doc, "id")
		}
	})},
	{"attributes ignored by POST", "R-089", requests(func(r *http.Request) {
		if r.Method == http.MethodPost {
			r.URL.RawQuery = ""
		}
	})},
	{"sub-attributes in attributes not known", "R-093", parameter("attributes", func(value string, _ url.Values) string {
		return strings.Replace(value, "name.givenName", "name", 1)
	})},
	{"no search by POST", "R-012", answers(func(v *served) {
		if strings.HasSuffix(v.request.URL.Path, "/.search") {
			v.status, v.doc = 501, refusal(501)
		}
	})},
	{"search ignores count", "R-097", bodies(http.MethodPost, func(r *http.Request, body object) {
		if strings.HasSuffix(r.URL.Path, "/.search") && body["cursor"] == nil {
			delete(body, "count")
		}
	})},
	{"a next cursor on the last page", "C-03", answers(func(v *served) {
		if q := v.request.URL.Query(); v.isList() && q.Get("cursor") != "" && v.doc["nextCursor"] == nil {
			v.set("nextCursor", q.Get("cursor"))
		}
	})},
	{"cursors with other characters", "C-01", answers(func(v *served) {
		if cursor, ok := v.doc["nextCursor"].(string); ok {
			v.set("nextCursor", cursor+"==")
		}
	})},
	{"a previous cursor on the first page", "C-04", answers(func(v *served) {
		if v.isList() && v.request.URL.Query().Has("cursor") {
			v.set("previousCursor", "x")
		}
	})},
	{"a forged cursor begins anew", "C-06", parameter("cursor", func(value string, _ url.Values) string {
		if value == "usher-check-forged" {
			return ""
		}
		return value
	})},
	{"a cursor takes another count", "C-05", parameter("count", func(value string, all url.Values) string {
		if all.Get("cursor") != "" {
			return "2"
		}
		return value
	})},
	{"an unknown parameter refused", "R-011", answers(func(v *served) {
		if v.request.URL.Query().Has("usherCheckUnknown") {
			v.status, v.doc = 400, refusal(400)
		}
	})},
}
