package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
)

func clevertapRows() []behaviour {
	return []behaviour{
		{name: "C1 the base path is configurable, by connection", play: clevertapBasePath},
		{name: "C2 required attributes are checked", play: clevertapRequired},
		{name: "C3 accounts are JSON objects in an array of strings, and the whole truth", play: clevertapAccounts},
		{name: "C4 a parent account brings the accounts below it", play: clevertapTree},
		{name: "C5 broken JSON is refused with the position and the reason, whole", play: clevertapBroken},
		{name: "C6 who exists already is updated, not doubled", play: clevertapExisting},
		{name: "C7 removing the assignment removes the access", play: clevertapRemove},
		{name: "C8 an expired token says so, and since when", play: clevertapExpired},
		{name: "C9 passwords of the IdP are not stored", play: clevertapPassword},
	}
}

const clevertapPass = "kP3wZz9!unusual"

// assigned is the body of a user with these accounts, each the text of one element.
func assigned(elements ...string) string {
	accounts, err := json.Marshal(elements)
	if err != nil {
		panic(err)
	}
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}",
		"name":{"givenName":"{{given}}","familyName":"{{family}}"},"emails":[{"primary":true,"value":"{{user_name}}","type":"work"}],
		"displayName":"{{given}} {{family}}","externalId":"{{external_id}}","groups":[],"active":true,"accounts":` + string(accounts) + `}`
}

const europe, asia = "ACC123", "ACC456"

func clevertapBasePath(r *row) {
	okta := r.connect("ACC100", "okta")
	r.equal("base URL", okta.base, r.url+"/nx/v2/scim/v2/idp")
	ada := r.person("ada")
	created := okta.create(assigned(europe), ada)
	r.equal("location", created.at("meta/location"), r.url+"/nx/v2/scim/v2/idp/Users/"+ada["user_id"])
	okta.send("GET /ServiceProviderConfig", "", nil).want(200)
	okta.base = r.url + "/scim/" + okta.connection.ID + "/v2"
	okta.send("GET /Users/{{user_id}}", "", ada).want(200)
	other := r.twin("ACC100", "okta", func(n *admin.NewConnection) { n.Settings.BasePath = "/elsewhere/scim" })
	r.equal("another base URL", other.base, r.url+"/elsewhere/scim")
	eventually(r.T, func() string { // a path is known within a second
		if a := other.send("GET /Users?startIndex=1&count=2", "", nil); a.status != 200 {
			return a.text
		}
		return ""
	})
	other.base = okta.base
	other.send("GET /Users?startIndex=1&count=2", "", nil).want(401)
}

func clevertapRequired(r *row) {
	okta, bea := r.connect("ACC100", "okta"), r.person("bea")
	whole := assigned(europe)
	for missing, body := range map[string]string{
		"userName":        strings.Replace(whole, `"userName":"{{user_name}}",`, "", 1),
		"name.givenName":  strings.Replace(whole, `"givenName":"{{given}}",`, "", 1),
		"name.familyName": strings.Replace(whole, `"familyName":"{{family}}"`, `"familyName":""`, 1),
		"accounts":        assigned(),
	} {
		okta.send("POST /Users", body, bea).refuses(400, missing)
	}
	okta.absent(europe, bea)
	okta.create(whole, bea)
	okta.patch(bea, `{"op":"remove","path":"name.familyName"}`).refuses(400, "name.familyName")
}

func clevertapAccounts(r *row) {
	r.connect("ACC100", "okta").simulate("clevertap-app")
	clevertapEntra(r)
	okta, cal := r.connect("ACC100", "okta"), r.person("cal")
	editor := `{"accountId":"ACC123","roles":"Editor","teams":"Marketing","status":"Active"}`
	created := okta.create(assigned(editor), cal)
	r.equal("the text", created.at("accounts/0"), editor)
	m := r.has(europe, cal, "Editor", "scim", "active")
	r.equal("teams", m.Teams, "[Marketing]")
	r.nowhere(cal, "ACC100", asia) // no home membership unless listed

	put := func(elements ...string) answer {
		return okta.send("PUT /Users/{{user_id}}", assigned(elements...), cal)
	}
	spaced := `{ "accountId" : "ACC123", "roles":"Editor","teams" : "Marketing","status":"Active" }`
	version := r.member(europe, cal["email"]).Version
	r.equal("the text", put(spaced).want(200).at("accounts/0"), spaced)
	r.equal("the membership's version", r.member(europe, cal["email"]).Version, version)
	r.equal("events", r.events("ACC100", m.Subject), []string{"member.joined"})

	for text, want := range map[string]string{
		`{"accountId":"ACC123","roles":["Editor"],"teams":["Marketing","Sales"],"status":"ACTIVE"}`: "Editor [Marketing Sales] active",
		`{"accountId":"ACC123","roles":"Viewer","teams":"Sales, Marketing"}`:                        "Viewer [Marketing Sales] active",
		`{"accountId":"ACC123","roles":"Editor","status":"inactive"}`:                               "Editor [] deactivated",
		`ACC123`: "Member [] active",
	} {
		put(text).want(200)
		m := r.member(europe, cal["email"])
		r.equal(text, strings.Join([]string{m.Role, "[" + strings.Join(m.Teams, " ") + "]", string(m.Status)}, " "), want)
	}
	put(`[{"accountId":"ACC123","roles":"Editor"},{"accountId":"ACC456","roles":"Viewer"}]`).want(200) // one string, a whole array (T-138)
	r.has(europe, cal, "Editor", "scim", "active")
	r.has(asia, cal, "Viewer", "scim", "active")
	put("ACC456").want(200)
	r.nowhere(cal, europe)
	r.has(asia, cal, "Member", "default", "active")
	put(editor, `{"accountId":"ACC123","roles":"Viewer"}`).refuses(400, "ACC123", "accounts")
	put(editor, "ACC999").refuses(400, "ACC999", "ACC123")
	put(`{"accountId":"ACC123","roles":"editor"}`).refuses(400, `"editor"`, "Editor")
	put(`{"accountId":"ACC123","status":"Away"}`).refuses(400, "Away", "active")
	r.has(asia, cal, "Member", "default", "active")
	put(editor).want(200)
	okta.patch(cal, `{"op":"replace","value":{"active":false}}`).want(200) // overrides what the text says
	r.nowhere(cal, europe)
	clevertapPatches(okta, cal, spaced)
	clevertapNone(r)
}

// clevertapPatches: the attribute may also be patched, whole and by its elements.
func clevertapPatches(okta *idp, cal person, spaced string) {
	r := okta.row
	okta.patch(cal, `{"op":"replace","value":{"active":true}}`).want(200)
	text, err := json.Marshal(spaced)
	r.check(err)
	r.equal("the text", okta.patch(cal, `{"op":"Replace","path":"accounts","value":[`+string(text)+`]}`).want(200).at("accounts/0"), spaced)
	okta.patch(cal, `{"op":"Add","path":"accounts","value":["ACC456"]}`).want(200)
	r.has(europe, cal, "Editor", "scim", "active")
	r.has(asia, cal, "Member", "default", "active")
	okta.patch(cal, `{"op":"Replace","path":"accounts","value":["ACC123"]}`).want(200)
	r.nowhere(cal, asia)
}

// clevertapNone: where accounts are all that counts, an empty list is no membership at all.
func clevertapNone(r *row) {
	none := r.twin("ACC100", "okta", func(n *admin.NewConnection) {
		n.Settings.Required, n.Settings.Mapping.AccountsOnly = []string{"userName"}, true
	})
	dot := r.person("dot")
	none.create(assigned(europe), dot)
	none.send("PUT /Users/{{user_id}}", assigned(), dot).want(200)
	r.nowhere(dot, "ACC100", europe, asia)
	r.equal("the user is known", none.find(dot["user_name"]).at("totalResults"), 1)
}

// clevertapEntra: Entra cannot send lists in attributes of one's own, so one text holds all accounts (T-138).
func clevertapEntra(r *row) {
	azure, gus := r.connect("ACC100", "azure"), r.person("gus")
	azure.simulate("clevertap-entra-app")
	gus["accounts"] = `[{\"accountId\":\"ACC123\",\"roles\":\"Editor\"},{\"accountId\":\"ACC456\",\"roles\":\"Viewer\"}]`
	azure.create("clevertap-entra-app/user.json", gus)
	r.has(europe, gus, "Editor", "scim", "active")
	r.has(asia, gus, "Viewer", "scim", "active")
	azure.send("PATCH /Users/{{user_id}}", "clevertap-entra-app/accounts.json", gus.with("accounts", `[\"ACC456\"]`)).want(200)
	r.nowhere(gus, "ACC100", europe)
	azure.send("PATCH /Users/{{user_id}}", "clevertap-entra-app/accounts.json", gus.with("accounts", "")).refuses(400, "accounts")
	r.has(asia, gus, "Member", "default", "active")
	azure.patch(gus, deactivate).want(200)
	r.nowhere(gus, asia)
}

// nowhere: the person is a member of none of the workspaces.
func (r *row) nowhere(who person, workspaces ...string) {
	r.Helper()
	for _, w := range workspaces {
		if m, found := r.lookup(w, who["email"]); found {
			r.Errorf("%s is a member of %s: %s by %s, %s", who["email"], w, m.Role, m.RoleSource, m.Status)
		}
	}
}

func clevertapTree(r *row) {
	okta, eva := r.connect("ACC100", "okta"), r.person("eva")
	okta.create(assigned(`{"accountId":"ACC100","roles":"Editor","teams":"Marketing"}`), eva)
	subject := r.member("ACC100", eva["email"]).Subject
	access := func(workspace string) admin.Access {
		a, err := r.api.Access(r.Context(), workspace, subject)
		r.check(err)
		return a
	}
	for _, w := range []string{europe, asia} {
		a := access(w)
		r.equal("access to "+w, []any{a.Allowed, a.Role, a.Teams, a.Inherited, a.From}, []any{true, "Editor", []string{"Marketing"}, true, "ACC100"})
		page, err := r.api.Members(r.Context(), w, admin.MemberQuery{Text: eva["email"], Inherited: true})
		r.check(err)
		r.equal("in the list of "+w, len(page.Items), 1)
	}
	okta.send("PUT /Users/{{user_id}}", assigned(`{"accountId":"ACC100","roles":"Editor"}`, `{"accountId":"ACC123","roles":"Viewer"}`), eva).want(200)
	r.equal("the account's own counts", access(europe).Role+" "+access(asia).Role, "Viewer Editor")
	r.says(r.command("member", "access", eva["email"], "-w", asia), "ACC100")
	okta.send("PUT /Users/{{user_id}}", assigned(`{"accountId":"ACC100","roles":"Editor"}`, `{"accountId":"ACC123","status":"inactive"}`), eva).want(200)
	r.equal("access", []bool{access(europe).Allowed, access(asia).Allowed}, []bool{false, true})
	okta.send("PUT /Users/{{user_id}}", assigned(europe), eva).want(200)
	r.equal("access to the other", access(asia).Allowed, false)
}

func clevertapBroken(r *row) {
	okta, flo := r.connect("ACC100", "okta"), r.person("flo")
	good := `{"accountId":"ACC123","roles":"Editor"}`
	for text, words := range map[string][]string{
		`{"accountId":"ACC123","roles":"Editor",`:  {"accounts[1]", "position 40", "too early"},
		`{"accountId":"ACC123","roles":"Editor",}`: {"accounts[1]", "position 40", "comma"},
		`{"accountId":"ACC456" "roles":"Editor"}`:  {"accounts[1]", "position 23"},
		`{"accountId":["ACC456"]}`:                 {"accounts[1]", "accountId"},
		`{"accountId":"ACC456","role":{"a":"b"}}`:  {"accounts[1]", "role"},
		`{"accountId":"ACC456","teams":{"a":1}}`:   {"accounts[1]", "teams"},
		`{"roles":"Editor"}`:                       {"accounts[1]", "accountId"},
		`{"accountId":"ACC456","roles":{"a":1}}`:   {"accounts[1]", "roles"},
	} {
		okta.send("POST /Users", assigned(good, text), flo).refuses(400, words...)
	}
	okta.absent(europe, flo)
	okta.create(assigned(good), flo)
	m := r.has(europe, flo, "Editor", "scim", "active")
	okta.send("PUT /Users/{{user_id}}", strings.Replace(assigned(`{"accountId":"ACC456","roles":"Viewer"}`, `{"accountId"`), "{{family}}", "Changed", 1), flo).refuses(400, "accounts[1]")
	r.has(europe, flo, "Editor", "scim", "active")
	r.nowhere(flo, asia)
	r.equal("family name", okta.send("GET /Users/{{user_id}}", "", flo).at("name/familyName"), "Doe")
	r.equal("events", r.events("ACC100", m.Subject), []string{"member.joined"})
	r.equal("audit entries", r.audited("ACC100", m.Subject, directory.ActionUserUpdate), 0)
	log := r.logged("ACC100", admin.LogQuery{Failed: true, Text: flo["user_id"]}, func(l admin.LogRecord) bool { return l.Method == "PUT" })
	r.says(log.Cause, "accounts[1]")
	r.equal("the log has a fix", log.Fix != "", true)

	azure, gia := r.connect("ACC100", "azure"), r.person("gia").with("accounts", `[{\"accountId\":\"ACC123\"},{\"accountId\":\"ACC456\",]`)
	azure.send("POST /Users", "clevertap-entra-app/user.json", gia).refuses(400, "accounts", "position 47")
	azure.absent(europe, gia)
}

func clevertapExisting(r *row) {
	okta, hew := r.connect("ACC100", "okta"), r.person("hew")
	okta.create(assigned(europe), hew)
	subject := r.member(europe, hew["email"]).Subject
	okta.send("POST /Users", assigned(asia), hew).refuses(409, hew["user_name"])
	found := okta.find(hew["user_name"]) // what Okta does then
	r.equal("found", found.at("Resources/0/id"), hew["user_id"])
	okta.send("PUT /Users/{{user_id}}", assigned(europe, asia), hew).want(200)
	r.equal("subject", r.member(asia, hew["email"]).Subject, subject)
	page, err := r.api.Members(r.Context(), europe, admin.MemberQuery{Text: hew["email"]})
	r.check(err)
	r.equal("members", len(page.Items), 1)

	liv := r.person("liv") // was there before Okta came
	invited, err := r.api.Invite(r.Context(), "ACC100", admin.Invitation{Email: liv["email"]})
	r.check(err)
	liv["user_id"] = okta.find(liv["user_name"]).at("Resources/0/id")
	okta.send("PUT /Users/{{user_id}}", assigned(`{"accountId":"ACC123","roles":"Editor"}`), liv).want(200)
	r.equal("subject", r.has(europe, liv, "Editor", "scim", "active").Subject, invited.Subject)
}

func clevertapRemove(r *row) {
	okta, ike, jan := r.connect("ACC100", "okta"), r.person("ike"), r.person("jan")
	okta.create(assigned(europe, asia), ike)
	subject := r.member(europe, ike["email"]).Subject
	okta.send("PATCH /Users/{{user_id}}", "clevertap-app/deactivate.json", ike).want(200)
	r.nowhere(ike, europe, asia)
	r.equal("events", r.events("ACC100", subject), []string{"member.joined", "member.joined", "member.left", "member.left"})
	okta.send("PATCH /Users/{{user_id}}", "okta/activate.json", ike).want(200)
	r.equal("the same person", r.has(europe, ike, "Member", "default", "active").Subject, subject)

	deactivating := r.twin("ACC100", "okta", nil)
	r.check(r.settings(r.api, "ACC100/connections/"+deactivating.connection.ID, `{"remove_inactive":false}`))
	deactivating.create(assigned(europe), jan)
	deactivating.send("PATCH /Users/{{user_id}}", "clevertap-app/deactivate.json", jan).want(200)
	r.has(europe, jan, "Member", "default", "deactivated")
}

func clevertapExpired(r *row) {
	okta := r.connect("ACC100", "okta")
	until := time.Now().Add(1500 * time.Millisecond).UTC()
	short, err := r.api.CreateToken(r.Context(), "ACC100", "okta", admin.NewToken{ExpiresAt: until})
	r.check(err)
	okta.header.Set("Authorization", "Bearer "+short.Text)
	okta.send("GET /Users?startIndex=1&count=2", "", nil).want(200)
	var expired answer
	eventually(r.T, func() string {
		if expired = okta.send("GET /Users?startIndex=1&count=2", "", nil); expired.status == http.StatusOK {
			return "the token is still good"
		}
		return ""
	})
	expired.refuses(401, "expired", short.ExpiresAt.UTC().Format("2006-01-02T15:04"))
	r.logged("ACC100", admin.LogQuery{Failed: true}, func(l admin.LogRecord) bool { return strings.Contains(l.Cause, "expired") })
}

func clevertapPassword(r *row) {
	okta, kay := r.connect("ACC100", "okta"), r.person("kay")
	body := strings.Replace(assigned(europe), `"active":true`, `"active":true,"password":"`+clevertapPass+`"`, 1)
	created := okta.create(body, kay)
	okta.patch(kay, `{"op":"replace","value":{"password":"`+clevertapPass+`"}}`).want(200)
	okta.send("POST /Users", body, kay).want(409) // refusals are logged with what was sent
	seen := created.text + okta.send("GET /Users/{{user_id}}", "", kay).text + string(r.member(europe, kay["email"]).Profile) +
		r.command("log", "list", "-w", "ACC100", "--json") + r.command("audit", "list", "-w", "ACC100", "--json")
	if strings.Contains(seen, clevertapPass) {
		r.Error("the password is shown")
	}
	if n := okta.send(`GET /Users?filter=password+eq+%22`+clevertapPass[:5]+`%22`, "", nil).at("totalResults"); n != "" && n != "0" {
		r.Errorf("%s users found by their password", n)
	}
}

// clevertapLeaves: no password is in what a stopped server leaves behind.
func clevertapLeaves(t *testing.T, in *installation) {
	for _, text := range []string{clevertapPass, "1mz050nq"} {
		if files := in.files(t, text); files != nil {
			t.Errorf("C9: %q stands in %v", text, files)
		}
	}
}
