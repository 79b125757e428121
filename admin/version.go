package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/directory"
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

// held is the version that a change must meet when it is made, which is later than match: none without If-Match.
func (c *call) held(version int64) int64 {
	if c.r.Header.Get("If-Match") == "" {
		return 0
	}
	return version
}

// maxMerges is how often a change is merged with what others have made meanwhile.
const maxMerges = 10

// merged makes a change that rests on the version that it was merged with. When that is another by then it is merged
// again, but for a caller who has said which one it must be.
func (c *call) merged(change func() error) error {
	for range maxMerges {
		err := change()
		if r, ok := errors.AsType[*directory.Refusal](err); !ok || r.Kind != directory.RefusedChanged || c.held(1) != 0 {
			return err
		}
	}
	return directory.ErrConflict
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
