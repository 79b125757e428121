package admin

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
)

// Event is a fact for the app.
type Event struct {
	Position   int64          `json:"position" doc:"Where it stands in the feed: ask for what is after it."`
	ID         string         `json:"id" doc:"Unique; the webhook-id of its deliveries."`
	Time       time.Time      `json:"time" doc:"When it happened."`
	Type       string         `json:"type" doc:"Such as member.joined."`
	Workspace  string         `json:"workspace" doc:"The key of its workspace; empty when that is gone."`
	Connection string         `json:"connection,omitempty" doc:"The id of the connection through which it came."`
	Subject    string         `json:"subject,omitempty" doc:"The id of the person whom it is about."`
	Data       jsontext.Value `json:"data" doc:"What it says: of a membership its role, teams and status."`
}

// Feed is a part of the feed of events.
type Feed struct {
	Items    []Event `json:"items" doc:"Oldest first; empty when nothing happened while the request waited."`
	Position int64   `json:"position" doc:"What to send as after next."`
}

const maxWait = 60

func eventRoutes() []route {
	const doc = "Positions are given after commit: nothing ever appears below one that was read. " +
		"Replayed into an empty map of (workspace, subject), the member events give the members. " +
		"Events are kept for 90 days, unless the operator says otherwise. From a position before that the answer is 410, and its " +
		"hint names the one to go on from: read the members first. " +
		"Of the requests of one key at most 20 can wait at a time."
	query := []parameter{
		{name: "after", kind: "integer", doc: "The position to go on from. Defaults to 0, the beginning."},
		{name: "wait", kind: "integer", doc: "How many seconds to wait for an event when there is none, 0 to 60. Defaults to 0."},
		{name: "limit", kind: "integer", doc: "How many events at most, 1 to 1000. Defaults to 50."},
	}
	return []route{
		answer(route{
			method: "GET", pattern: "/events", name: "readEvents", summary: "Read what happened in all that the key reaches",
			doc: doc + " A key of the installation names a workspace: each tenant has its own feed.", scope: directory.ScopeEventsRead, query: query,
		}, (*call).readOwnEvents),
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}/events", name: "readWorkspaceEvents",
			summary: "Read what happened in a workspace and below", doc: doc, scope: directory.ScopeEventsRead, query: query,
			example: example{query: "after=0&limit=2"},
		}, func(c *call) (Feed, error) { return c.readEvents(c.workspace) }),
	}
}

func (c *call) readOwnEvents() (Feed, error) {
	if c.key.Root == "" {
		return Feed{}, newProblem(invalid, "read /workspaces/{workspace}/events", "a key of the installation has no feed of its own")
	}
	top, err := c.top()
	if err != nil {
		return Feed{}, err
	}
	return c.readEvents(top)
}

// top is the workspace that the key is of.
func (c *call) top() (directory.Workspace, error) {
	reached, err := c.Directory.Reach(c.ctx, c.key, c.key.Root)
	if err != nil {
		return directory.Workspace{}, err
	}
	id := c.key.Workspace
	if id == "" {
		id = c.key.Root
	}
	i := slices.IndexFunc(reached, func(w directory.Workspace) bool { return w.ID == id })
	if i < 0 {
		return directory.Workspace{}, newProblem(notFound, "make another key", "the workspace of the key is gone")
	}
	return reached[i], nil
}

func (c *call) readEvents(w directory.Workspace) (Feed, error) {
	after, err := c.integer("after", 0, 0, math.MaxInt)
	if err != nil {
		return Feed{}, err
	}
	wait, err := c.integer("wait", 0, 0, maxWait)
	if err != nil {
		return Feed{}, err
	}
	limit, err := c.integer("limit", defaultLimit, 1, 1000)
	if err != nil {
		return Feed{}, err
	}
	keys, err := c.keys(w.Root)
	if err != nil {
		return Feed{}, err
	}
	patience := time.Duration(wait) * time.Second
	if patience > 0 {
		if err := c.polls.begin(c.key.ID); err != nil {
			return Feed{}, err
		}
		defer c.polls.end(c.key.ID)
	}
	// The server's write timeout is for answers that are ready; not every server has one to extend.
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(patience + 30*time.Second))
	events, err := c.Directory.Feed(c.ctx, w, int64(after), limit, patience)
	if err != nil {
		return Feed{}, err
	}
	feed := Feed{Items: []Event{}, Position: int64(after)}
	for _, e := range events {
		feed.Items = append(feed.Items, newEventView(e, keys))
		feed.Position = e.Seq
	}
	return feed, nil
}

// maxPolls is how many requests of one key may wait for events at once: each holds a connection, and looks.
const maxPolls = 20

// polls counts those that wait, by the key's id. The zero value is empty.
type polls struct {
	mu sync.Mutex
	by map[string]int
}

func (p *polls) begin(key string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by[key] >= maxPolls {
		return newProblem(tooMany, "read one feed with one request at a time", "%d requests of this key wait for events", maxPolls)
	}
	if p.by == nil {
		p.by = map[string]int{}
	}
	p.by[key]++
	return nil
}

func (p *polls) end(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by[key]--; p.by[key] == 0 {
		delete(p.by, key)
	}
}

func newEventView(e directory.Event, keys map[string]string) Event {
	return Event{
		Position: e.Seq, ID: e.ID, Time: e.Time, Type: e.Type, Workspace: keys[e.Workspace], Connection: e.Connection,
		Subject: e.Subject, Data: objectOr(e.Data),
	}
}

// objectOr is JSON that was stored, or an empty object when it was erased.
func objectOr(stored []byte) jsontext.Value {
	if len(stored) == 0 {
		return jsontext.Value("{}")
	}
	return jsontext.Value(stored)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
