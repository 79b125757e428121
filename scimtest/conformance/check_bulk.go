package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var bulkChecks = []check{
	{id: "R-146", needs: "config", do: bulkOrNot},
	{id: "R-147", needs: "users bulk", do: bulkResponse},
	{id: "R-148", needs: "users bulk", after: "R-147", do: bulkIDs},
	{id: "R-151", needs: "users bulk", after: "R-147", do: bulkResults},
	{id: "R-149", needs: "groups bulk", after: "R-147", do: bulkReferences},
	{id: "R-150", needs: "groups bulk", after: "R-149", do: bulkCircle},
	{id: "R-152", needs: "users bulk", after: "R-147 R-151", do: bulkStops},
	{id: "R-153", needs: "users bulk", after: "R-147", do: bulkLimits},
	{id: "R-154", needs: "users bulk", after: "R-147 R-151 R-047", do: bulkLikeSingle},
	{id: "R-155", needs: "users bulk", after: "R-147 R-151", do: bulkKeeps},
}

func bulkOrNot(s *session) {
	if s.provider.bulk {
		return // R-147 asks whether it does them
	}
	a := s.bulk(nil)
	s.status(a, 501, 404, 403, 405)
}

// bulk sends operations, with members beside them such as failOnErrors.
func (s *session) bulk(with object, ops ...object) *answer {
	list := array{}
	for _, o := range ops {
		list = append(list, o)
	}
	body := object{"schemas": array{bulkURN}, "Operations": list}
	for name, v := range with {
		body[name] = v
	}
	return s.send("POST", "/Bulk", body)
}

// post is a bulk operation that creates a user.
func (s *session) post(bulkID string, with ...object) object {
	return object{
		"method": "POST", "path": s.provider.user.endpoint, "bulkId": bulkID,
		"data": s.userBody(s.name("bulk"), with...),
	}
}

func operations(a *answer) array {
	list, _ := a.at("Operations").(array)
	return list
}

// statusOf is the status of an operation; RFC 7644 §3.7.3 shows it as a string, older texts as an object with a code.
func statusOf(o any) string {
	switch v := at(o, "status").(type) {
	case string:
		return v
	case object:
		return fmt.Sprint(v["code"])
	default:
		return shown(v)
	}
}

func bulkResponse(s *session) {
	a := s.bulk(nil, s.post("one"))
	s.status(a, 200)
	s.expect(containsFold(stringsOf(a.at("schemas")), bulkReplyURN), "schemas with "+bulkReplyURN, shown(a.at("schemas")))
	s.expect(len(operations(a)) == 1, "one operation in the answer", strconv.Itoa(len(operations(a))))
	s.expect(s.err != nil || statusOf(operations(a)[0]) == "201", "status 201 of the operation", firstLine(string(a.body)))
}

func bulkIDs(s *session) {
	a := s.bulk(nil, s.post("first"), s.post("second"))
	s.status(a, 200)
	for _, id := range []string{"first", "second"} {
		s.expect(at(operations(a), "bulkId="+id) != nil, "the bulkId "+id+" in the answer", firstLine(string(a.body)))
	}
	nameless := s.post("")
	delete(nameless, "bulkId")
	a = s.bulk(nil, nameless)
	refused := a.status == 400 || len(operations(a)) == 1 && strings.HasPrefix(statusOf(operations(a)[0]), "4")
	s.expect(refused, "a refusal of a POST without bulkId", firstLine(string(a.body)))
}

// bulkResults: a create, a refused create and a delete, each with its own result.
func bulkResults(s *session) {
	u := s.user()
	a := s.bulk(nil, s.post("good"), s.post("bad", object{"userName": nil}), object{"method": "DELETE", "path": u.path})
	s.status(a, 200)
	ops := operations(a)
	s.expect(len(ops) == 3, "three operations in the answer", strconv.Itoa(len(ops)))
	if s.err != nil {
		return
	}
	for i, want := range []struct{ method, status string }{{"POST", "201"}, {"POST", "400"}, {"DELETE", "204"}} {
		method, _ := at(ops[i], "method").(string)
		_, isText := at(ops[i], "status").(string)
		s.expect(strings.EqualFold(method, want.method), "method "+want.method, shown(ops[i]))
		s.expect(isText, "status as a string", shown(ops[i]))
		s.expect(statusOf(ops[i]) == want.status, "status "+want.status, shown(ops[i]))
	}
	location, _ := at(ops[0], "location").(string)
	s.expect(strings.Contains(location, s.provider.user.endpoint+"/"), "a location of the created user", shown(ops[0]))
	s.expect(at(ops[1], "location") == nil, "no location of a failed POST", shown(ops[1]))
	s.expect(containsFold(stringsOf(at(ops[1], "response/schemas")), errorURN), "the error as response of the failed POST", shown(ops[1]))
}

// bulkReferences: the group comes before the user that it refers to.
func bulkReferences(s *session) {
	group := object{
		"method": "POST", "path": s.provider.group.endpoint, "bulkId": "group",
		"data": merge(object{"members": array{object{"value": "bulkId:member"}}}, s.groupBody(s.name("bulk"))),
	}
	a := s.bulk(nil, group, s.post("member"))
	s.status(a, 200)
	g, u := bulkCreated(a, "group"), bulkCreated(a, "member")
	s.expect(g != "" && u != "", "both created", firstLine(string(a.body)))
	now := s.send("GET", s.provider.group.endpoint+"/"+pathSegment(g), nil)
	s.status(now, 200)
	s.isSet(now, "members", u)
}

// bulkCreated is the id that a bulk operation made, or nothing.
func bulkCreated(a *answer, bulkID string) string {
	o := at(operations(a), "bulkId="+bulkID)
	location, _ := at(o, "location").(string)
	if statusOf(o) != "201" {
		return ""
	}
	return idOf(location)
}

// bulkCircle: two groups in one another. Either both are made, or the answer is 409.
func bulkCircle(s *session) {
	op := func(id, other string) object {
		return object{
			"method": "POST", "path": s.provider.group.endpoint, "bulkId": id,
			"data": merge(object{"members": array{object{"type": "Group", "value": "bulkId:" + other}}}, s.groupBody(s.name("circle"))),
		}
	}
	a := s.bulk(nil, op("one", "two"), op("two", "one"))
	if a.status == 409 || slices.ContainsFunc(operations(a), func(o any) bool { return statusOf(o) == "409" }) {
		return
	}
	s.status(a, 200)
	one, two := bulkCreated(a, "one"), bulkCreated(a, "two")
	s.expect(one != "" && two != "", "both groups created, or 409", firstLine(string(a.body)))
	now := s.send("GET", s.provider.group.endpoint+"/"+pathSegment(one), nil)
	s.isSet(now, "members", two)
}

func bulkStops(s *session) {
	bad := object{"userName": nil}
	last := s.post("never")
	a := s.bulk(object{"failOnErrors": 1}, s.post("bad", bad), last)
	s.status(a, 200)
	s.expect(at(operations(a), "bulkId=never") == nil, "no result after the first error", firstLine(string(a.body)))
	if s.provider.filter && s.holds("R-062") {
		name, _ := at(last, "data/userName").(string)
		s.total(s.query(s.provider.user, "userName eq "+quote(name)), 0)
	}
}

// bulkLimits sends one operation more than announced, where that is a number that can be sent.
func bulkLimits(s *session) {
	const most = 5000
	n := s.provider.maxOperations
	if n <= 0 || n > most {
		s.without("a number of operations that can be sent")
		return
	}
	ops := make([]object, n+1)
	for i := range ops {
		ops[i] = object{"method": "DELETE", "path": s.provider.user.endpoint + "/usher-check-unknown"}
	}
	a := s.bulk(nil, ops...)
	s.status(a, 413)
}

func bulkLikeSingle(s *session) {
	u := s.user()
	a := s.bulk(nil,
		object{"method": "POST", "path": u.kind.endpoint, "bulkId": "taken", "data": u.sent},
		object{"method": "DELETE", "path": u.kind.endpoint + "/usher-check-unknown"})
	s.status(a, 200)
	ops := operations(a)
	s.expect(len(ops) == 2, "two operations in the answer", strconv.Itoa(len(ops)))
	if s.err != nil {
		return
	}
	s.expect(statusOf(ops[0]) == "409", "status 409 of a duplicate", shown(ops[0]))
	s.expect(at(ops[0], "response/scimType") == "uniqueness", "scimType uniqueness", shown(ops[0]))
	s.expect(statusOf(ops[1]) == "404", "status 404 of what is not there", shown(ops[1]))
}

func bulkKeeps(s *session) {
	good := s.post("good")
	a := s.bulk(nil, good, s.post("bad", object{"userName": nil}))
	s.status(a, 200)
	id := bulkCreated(a, "good")
	s.expect(id != "", "the first operation done", firstLine(string(a.body)))
	s.status(s.send("GET", s.provider.user.endpoint+"/"+pathSegment(id), nil), 200)
}
