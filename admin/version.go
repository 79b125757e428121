package admin

import (
	"net/http"
	"strconv"
	"strings"
)

// entityTag is the ETag of a version (RFC 9110 §8.8.3).
func entityTag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// match refuses the change of something that is no longer what the caller has seen (RFC 9110 §13.1.1).
func (c *call) match(version int64) error {
	wanted := c.r.Header.Get("If-Match")
	if wanted == "" || listed(wanted, entityTag(version)) {
		return nil
	}
	return newProblem(changed, "read it again, and decide again", "its ETag is %s by now", entityTag(version))
}

// unchanged reports that the caller has what would be answered (RFC 9110 §13.1.2).
func (c *call) unchanged() bool {
	known := c.r.Header.Get("If-None-Match")
	reads := c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
	return reads && known != "" && listed(known, c.out.tag)
}

// listed reports whether the header's list has the tag, or is *.
func listed(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || one == tag || one == "W/"+tag {
			return true
		}
	}
	return false
}
