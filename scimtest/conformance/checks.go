package conformance

import "slices"

// checks are all checks in the order in which they are made: what others stand on first, what could hurt the server
// last, and what watches every answer after that.
func checks() []check {
	return slices.Concat(
		transportChecks, discoveryChecks, createChecks, readChecks, filterChecks, groupChecks, attributeChecks, userChecks,
		sortingChecks, pagingChecks, projectionChecks, searchChecks, rootChecks, cursorChecks,
		putChecks, etagChecks, patchChecks, addChecks, removeChecks, replaceChecks, memberChecks, deleteChecks,
		bulkChecks, securityChecks, watchChecks,
	)
}

// watchChecks are the rules that hold of any answer; they are judged at the end.
var watchChecks = []check{
	{id: "R-001", do: watched("R-001")},
	{id: "R-009", do: watched("R-009")},
	{id: "R-015", do: watched("R-015")},
	{id: "R-016", do: watched("R-016")},
	{id: "R-017", do: watched("R-017")},
	{id: "R-019", do: watched("R-019")},
	{id: "R-023", do: watched("R-023")},
	{id: "R-024", do: watched("R-024")},
	{id: "R-035", needs: "users", do: watched("R-035")},
	{id: "R-042", needs: "schemas", do: watched("R-042")},
	{id: "R-161", do: watched("R-161")},
	{id: "R-162", do: watched("R-162")},
	{id: "R-163", do: watched("R-163")},
	{id: "R-164", do: watched("R-164")},
	{id: "R-165", do: watched("R-165")},
}
