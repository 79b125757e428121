package conformance

var removeChecks = []check{
	{id: "R-128", needs: "users patch", after: "R-108", do: removeWithoutPath},
	{id: "R-129", needs: "users patch text", after: "R-108", do: removeWhole},
	{id: "R-130", needs: "users patch plural", after: "R-129", do: removeSelected},
	{id: "R-131", needs: "users patch name", after: "R-129", do: removeSub},
	{id: "R-132", needs: "users patch", after: "R-108", do: removeRequired},
	{id: "R-134", needs: "users patch text", after: "R-129", do: removeNothing},
}

var replaceChecks = []check{
	{id: "R-137", needs: "users patch text", after: "R-108", do: replaceWhole},
	{id: "R-135", needs: "users patch text", after: "R-137", do: replaceWithoutPath},
	{id: "R-136", needs: "users patch text", after: "R-137", do: replaceAdds},
	{id: "R-138", needs: "users patch name", after: "R-137", do: replaceComplex},
	{id: "R-139", needs: "users patch plural", after: "R-137", do: replaceSelected},
	{id: "R-140", needs: "users patch plural", after: "R-139", do: replaceNoMatch},
	{id: "R-141", needs: "users patch text", after: "R-137", do: replaceByNull},
}

// removeWithoutPath: the section demands the keyword (RFC 7644 §3.5.2.2).
func removeWithoutPath(s *session) {
	u := s.user()
	a := s.patch(u, op("remove", ""))
	s.status(a, 400)
	s.scimType(a, "noTarget")
	s.read(u)
}

func removeWhole(s *session) {
	t := s.text().name
	with := object{t: "there"}
	p := s.plural()
	if p != nil {
		with[p.name], _, _ = s.elements()
	}
	u := s.user(with)
	s.success(s.patch(u, op("remove", t)))
	s.lacks(s.read(u), t)
	if p != nil && !p.required {
		s.success(s.patch(u, op("remove", p.name)))
		s.lacks(s.read(u), p.name)
	}
}

// removeSelected: the elements that the filter selects and no others; with the last one the attribute goes.
func removeSelected(s *session) {
	p := s.plural()
	list, work, home := s.elements()
	u := s.user(object{p.name: list})
	s.success(s.patch(u, op("remove", p.name+"[value eq "+quote(home)+"]")))
	s.isSet(s.read(u), p.name, work)
	if !p.required {
		s.success(s.patch(u, op("remove", p.name+`[type eq "work"]`)))
		s.lacks(s.read(u), p.name)
	}
}

func removeSub(s *session) {
	u := s.user(object{"name": object{"givenName": "Grace", "familyName": "Hopper"}})
	keep, drop := "familyName", "givenName"
	if s.attribute("name").sub(drop).required {
		keep, drop = drop, keep
	}
	s.success(s.patch(u, op("remove", "name."+drop)))
	now := s.read(u)
	s.lacks(now, "name/"+drop)
	s.expect(!isNone(now.at("name/"+keep)), "name."+keep+" as it was", shown(now.at("name")))
}

// removeRequired: the section demands the keyword (RFC 7644 §3.5.2.2).
func removeRequired(s *session) {
	u := s.user()
	for _, path := range []string{"userName", "id"} {
		a := s.patch(u, op("remove", path))
		s.status(a, 400)
		s.scimType(a, "mutability")
	}
	s.has(s.read(u), "userName", u.name)
}

func removeNothing(s *session) {
	u := s.user()
	s.success(s.patch(u, op("remove", s.text().name)))
	s.has(s.read(u), "userName", u.name)
}

func replaceWhole(s *session) {
	t := s.text().name
	with := object{t: "before"}
	p := s.plural()
	if p != nil {
		with[p.name], _, _ = s.elements()
	}
	u := s.user(with)
	s.success(s.patch(u, op("replace", t, "after")))
	s.has(s.read(u), t, "after")
	if p != nil {
		value := s.pluralValue()
		s.success(s.patch(u, op("replace", p.name, array{object{"type": "work", "value": value}})))
		s.isSet(s.read(u), p.name, value)
	}
}

func replaceWithoutPath(s *session) {
	t := s.text().name
	u := s.user(object{t: "before"})
	s.success(s.patch(u, op("replace", "", object{t: "after"})))
	now := s.read(u)
	s.has(now, t, "after")
	s.has(now, "userName", u.name)
	if s.hasName() {
		s.expect(!isNone(now.at("name/givenName")), "name as it was", shown(now.at("name")))
	}
}

func replaceAdds(s *session) {
	u := s.user()
	s.success(s.patch(u, op("replace", s.text().name, "new")))
	s.has(s.read(u), s.text().name, "new")
}

func replaceComplex(s *session) {
	u := s.user(object{"name": object{"givenName": "Grace", "familyName": "Hopper"}})
	s.success(s.patch(u, op("replace", "name", object{"givenName": "Admiral"})))
	now := s.read(u)
	s.has(now, "name/givenName", "Admiral")
	s.has(now, "name/familyName", "Hopper")
}

func replaceSelected(s *session) {
	p := s.plural().name
	list, work, home := s.elements()
	u := s.user(object{p: list})
	first, second := s.pluralValue(), s.pluralValue()
	s.success(s.patch(u, op("replace", p+"[value eq "+quote(home)+"].value", first)))
	s.isSet(s.read(u), p, work, first)
	s.success(s.patch(u, op("replace", p+"[value eq "+quote(first)+"]", object{"type": "home", "value": second})))
	s.isSet(s.read(u), p, work, second)
}

// replaceNoMatch asks by a filter from which no element could be made: servers that make the element that a filter of
// equalities describes do so for identity providers that need it.
func replaceNoMatch(s *session) {
	p := s.plural().name
	list, work, home := s.elements()
	u := s.user(object{p: list})
	a := s.patch(u, op("replace", p+`[value co "usher-check-unknown"].value`, s.pluralValue()))
	s.status(a, 400)
	s.scimType(a, "noTarget")
	s.isSet(s.read(u), p, work, home)
}

func replaceByNull(s *session) {
	t := s.text().name
	u := s.user(object{t: "there"})
	s.success(s.patch(u, op("replace", t, nil)))
	s.lacks(s.read(u), t)
}
