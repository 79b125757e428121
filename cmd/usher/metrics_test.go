package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"

	"github.com/usher-scim/usher"
)

var privateLine = regexp.MustCompile(`private URL +(\S+)`)

// privateURL is where the private port of a server is. What the server says is written a moment later.
func (s *served) privateURL(t *testing.T) string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if found := privateLine.FindStringSubmatch(s.stderr.String()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("no private URL: %s", s.stderr)
	return ""
}

// get asks for a page and returns its status and text.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// scrape reads the metrics of a server.
func scrape(t *testing.T, url string) map[string]*dto.MetricFamily {
	t.Helper()
	status, text := get(t, url+"/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if status != http.StatusOK || err != nil {
		t.Fatalf("%d %v\n%s", status, err, text)
	}
	return families
}

// value is that of the metric with the labels, given as name=value; -1 when there is none.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	for _, m := range families[name].GetMetric() {
		has := func(want string) bool {
			return slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName()+"="+l.GetValue() == want })
		}
		if slices.ContainsFunc(labels, func(l string) bool { return !has(l) }) {
			continue
		}
		if h := m.GetHistogram(); h != nil {
			return float64(h.GetSampleCount())
		}
		return m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return -1
}

// observedServer sends some requests to a server with a private port.
func observedServer(t *testing.T, s *served) (private, connection string) {
	t.Helper()
	base, token := s.token(t)
	connection = strings.Split(base, "/")[4]
	base = "http://" + s.addr + "/scim/" + connection + "/v2"
	send := func(method, path, token, body string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	const ada = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com"}`
	send("POST", "/Users", token, ada)
	send("POST", "/Users", token, ada)
	send("GET", "/Users?filter=userName+eq+%22ada@example.com%22", token, "")
	send("GET", "/Users/ada@example.com", "no such token", "")
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) { // it is written in the background
		out, _ := s.usher(t, "connection", "show", "okta", "-w", "ACC123", "--json")
		var view connectionView
		if err := json.Unmarshal([]byte(out), &view); err == nil && view.LastContactAt != nil {
			return s.privateURL(t), connection
		}
		if time.Now().After(deadline) {
			t.Fatal("no contact is recorded: ", out)
		}
	}
}

func TestMetrics_OfARunningServer(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		serve  func(*testing.T, ...string) *served
		absent []metric // on this store
	}{
		"SQLite":     {serve, nil},
		"PostgreSQL": {serveOnPostgres, []metric{metricQueueCapacity}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			metricsOf(t, row.serve(t, "--private-address", ":0"), row.absent)
		})
	}
}

func metricsOf(t *testing.T, s *served, absent []metric) {
	t.Helper()
	private, connection := observedServer(t, s)
	found := scrape(t, private)
	own := "connection=" + connection
	for _, row := range []struct {
		metric metric
		labels []string
		want   float64
	}{
		{metricReady, nil, 1},
		{metricRequests, []string{"face=scim", own, "method=POST", "route=/Users", "status=201"}, 1},
		{metricRequests, []string{"face=scim", own, "method=GET", "route=/Users", "status=200"}, 1},
		{metricRequests, []string{"face=scim", "connection=", "method=GET", "route=/Users/{id}", "status=401"}, 1},
		{metricErrors, []string{own, "status=409", "scim_type=uniqueness", "kind=value taken"}, 1},
		{metricErrors, []string{"connection=", "status=401", "scim_type=", "kind=malformed token"}, 1},
		{metricDuration, []string{"face=scim", own}, 3},
		{metricRouteDuration, []string{"face=scim", "method=POST", "route=/Users"}, 2},
		{metricInFlight, nil, 0},
		{metricConnection, []string{own, "workspace=ACC123", "name=okta", "profile=okta", "state=enabled"}, 1},
		{metricCollect, nil, 0},
		{metricLogDropped, nil, 0},
		{metricWebhookLag, nil, 0},
		{metricMessagesAge, []string{"kind=mail"}, 0},
	} {
		if got := value(found, row.metric.name, row.labels...); got != row.want {
			t.Errorf("%s%v is %g, want %g", row.metric.name, row.labels, got, row.want)
		}
	}
	for _, kind := range []string{"kind=lookup", "kind=list"} {
		if got := value(found, metricRead.name, kind); got <= 0 {
			t.Errorf("%s %s is %g", metricRead.name, kind, got)
		}
	}
	for _, m := range []metric{metricWrite, metricWait, metricCommit, metricBatch, metricContact, metricExpiry} {
		if got := value(found, m.name); got <= 0 {
			t.Errorf("%s is %g", m.name, got)
		}
	}
	if _, text := get(t, private+"/metrics"); strings.Contains(text, "ada@") {
		t.Error("a metric tells of a person")
	}
	t.Run("every metric is in the table as it is served", func(t *testing.T) { likeTable(t, found, absent) })
	t.Run("nothing of it is on the public port", func(t *testing.T) {
		for _, path := range []string{"/metrics", "/debug/pprof/"} {
			if status, _ := get(t, "http://"+s.addr+path); status != http.StatusNotFound {
				t.Errorf("%s: %d", path, status)
			}
		}
	})
	t.Run("the private port has probes and profiles", func(t *testing.T) {
		for _, path := range []string{"/", "/healthz", "/readyz", "/debug/pprof/", "/debug/pprof/heap"} {
			if status, _ := get(t, private+path); status != http.StatusOK {
				t.Errorf("%s: %d", path, status)
			}
		}
	})
	t.Run("the alerts name commands that there are", func(t *testing.T) { alertsAdvise(t, s, connection) })
	t.Run("the examples use what there is", func(t *testing.T) { examplesUse(t, found, absent) })
}

var kinds = map[dto.MetricType]string{
	dto.MetricType_COUNTER: kindCounter, dto.MetricType_GAUGE: kindGauge, dto.MetricType_HISTOGRAM: kindHistogram,
}

// likeTable compares a scrape with the table, but for what the store does not have.
func likeTable(t *testing.T, found map[string]*dto.MetricFamily, absent []metric) {
	t.Helper()
	for name := range found {
		listed := slices.ContainsFunc(metricTable, func(m metric) bool { return m.name == name })
		if strings.HasPrefix(name, "usher_") && !listed {
			t.Errorf("%s is not in the table", name)
		}
	}
	for _, m := range metricTable {
		family := found[m.name]
		if (family == nil) != isOneOf(absent, m.name) {
			t.Errorf("%s: is it served? %t", m.name, family != nil)
		}
		if family == nil {
			continue
		}
		if got := kinds[family.GetType()]; got != m.kind || family.GetHelp() != m.help {
			t.Errorf("%s is a %s: %s", m.name, got, family.GetHelp())
		}
		var labels []string
		for _, l := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		if want := slices.Sorted(slices.Values(m.labels)); !slices.Equal(labels, want) {
			t.Errorf("%s has the labels %v, the table %v", m.name, labels, want)
		}
	}
}

func isOneOf(metrics []metric, name string) bool {
	return slices.ContainsFunc(metrics, func(m metric) bool { return m.name == name })
}

const observability = "../../examples/observability/"

// advised is a command in the text of an alert.
var advised = regexp.MustCompile("`usher ([^`]*)`")

// alertsAdvise runs the commands that alerts name, as who gets one would.
func alertsAdvise(t *testing.T, s *served, connection string) {
	t.Helper()
	text, err := os.ReadFile(observability + "alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("{{ $labels.workspace }}", "ACC123", "{{ $labels.connection }}", connection, "KEY", "ACC123", " ID", " none")
	commands := advised.FindAllStringSubmatch(string(text), -1)
	if len(commands) == 0 {
		t.Error("no alert names a command")
	}
	for _, c := range commands {
		out, status := s.usher(t, strings.Fields(filled.Replace(c[1]))...)
		if rotates := strings.Contains(c[1], "rotate"); (status != exitOK) != rotates || rotates && !strings.Contains(out, "none") {
			t.Errorf("usher %s: %d %s", c[1], status, out)
		}
	}
}

// expressions are the PromQL of the dashboard and of the alerts.
func expressions(t *testing.T) (panels, rules []string) {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	var alerts struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	text, err := os.ReadFile(observability + "dashboard.json")
	if err == nil {
		err = json.Unmarshal(text, &dashboard)
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(observability + "alerts.yml"); err == nil {
		err = yaml.Unmarshal(text, &alerts)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range dashboard.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			panels = append(panels, target.Expr)
		}
	}
	for _, g := range alerts.Groups {
		for _, r := range g.Rules {
			rules = append(rules, r.Expr)
		}
	}
	return panels, rules
}

var (
	metricName = regexp.MustCompile(`\b(?:usher|go|process)_[a-z0-9_]+`)
	histogram  = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// examplesUse looks for every metric of the examples in a scrape, but for what the store does not have.
func examplesUse(t *testing.T, found map[string]*dto.MetricFamily, absent []metric) {
	t.Helper()
	panels, rules := expressions(t)
	used := metricsIn(t, rules, found, absent)
	for _, m := range metricTable {
		if m.worry != "" && !used[m.name] && !isOneOf(judged, m.name) {
			t.Errorf("%s may be a reason to worry, but is in no alert", m.name)
		}
	}
	maps.Copy(used, metricsIn(t, panels, found, absent))
	for _, m := range metricTable {
		if m.worry != "" && !used[m.name] && m.name != metricBuild.name {
			t.Errorf("%s may be a reason to worry, but is on no panel and in no alert", m.name)
		}
	}
}

// judged are the metrics of which nobody but who looks at them can say when they are too large.
var judged = []metric{metricBuild, metricInFlight, metricConflicts, metricRetries, metricFeedAge, metricConnection, metricWebhookWaiting, metricMessages}

// metricsIn are the metrics that expressions name.
func metricsIn(t *testing.T, expressions []string, found map[string]*dto.MetricFamily, absent []metric) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	for _, e := range expressions {
		names := metricName.FindAllString(e, -1)
		if len(names) == 0 && !strings.Contains(e, "up{") {
			t.Errorf("%s: names no metric", e)
		}
		for _, name := range names {
			if whole := histogram.ReplaceAllString(name, ""); found[whole].GetType() == dto.MetricType_HISTOGRAM {
				name = whole
			}
			if used[name] = true; found[name] == nil && !isOneOf(absent, name) {
				t.Errorf("%s: there is no %s", e, name)
			}
		}
	}
	return used
}

// A stranger cannot make series: neither by paths, methods and tokens, nor by more connections than are bearable.
func TestMetrics_SeriesAreBounded(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	for i := range 3 * maxLabelled {
		m.begin(&http.Request{}, false)
		m.end(t.Context(), usher.Observation{Face: usher.FaceSCIM, Connection: fmt.Sprint(i), Method: "GET", Route: "/Users", Status: 200})
	}
	m.begin(&http.Request{}, false)
	m.end(t.Context(), usher.Observation{Face: usher.FaceSCIM, Method: "GET", Route: "/Users", Status: 401, Kind: "no token"})
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != metricRequests.name {
			continue
		}
		if n := len(f.GetMetric()); n != maxLabelled+2 {
			t.Errorf("%d series", n)
		}
		byName := map[string]*dto.MetricFamily{f.GetName(): f}
		if got := value(byName, f.GetName(), "connection="+sharedLabel); got != 2*maxLabelled {
			t.Errorf("%g requests of those without series of their own", got)
		}
	}
}

// The hot path finds its series without an allocation. It does not run beside others, which would be counted.
func TestMetrics_CountWithoutAllocation(t *testing.T) {
	m, r := newMetrics(), &http.Request{}
	ctx := context.Background()
	o := usher.Observation{Face: usher.FaceSCIM, Connection: "c", Method: "GET", Route: "/Users", Status: 200, Duration: time.Millisecond}
	if n := testing.AllocsPerRun(1000, func() { m.begin(r, false); m.end(ctx, o) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkMetrics(b *testing.B) {
	m, r := newMetrics(), &http.Request{}
	ctx := context.Background()
	o := usher.Observation{Face: usher.FaceSCIM, Connection: "c", Method: "GET", Route: "/Users", Status: 200, Duration: time.Millisecond}
	b.ReportAllocs()
	for b.Loop() {
		m.begin(r, false)
		m.end(ctx, o)
	}
}

// While the server drains the private port says so, and is there until the end.
func TestServe_PrivatePortWhileDraining(t *testing.T) {
	t.Parallel()
	s := serve(t, "--private-address", "127.0.0.1:0", "--drain-delay", "1s")
	private := s.privateURL(t)
	s.stop()
	for deadline := time.Now().Add(patience); ; {
		status, text := get(t, private+"/readyz")
		if status == http.StatusServiceUnavailable {
			if text != "draining\n" {
				t.Errorf("readyz: %s", text)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it never drains")
		}
	}
	if got := value(scrape(t, private), metricReady.name); got != 0 {
		t.Errorf("%s is %g", metricReady.name, got)
	}
	if status := <-s.exited; status != exitOK {
		t.Errorf("exit status %d: %s", status, s.stderr)
	}
}

func TestServe_PrivateAddressRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"9090": "write host and port", "127.0.0.1:99999": "a port is 65535 at most"} {
		var errs strings.Builder
		status := run(t.Context(), []string{"serve", "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--private-address", address}, streams{nil, io.Discard, &errs})
		if status == exitOK || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: %d %s", address, status, &errs)
		}
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	for hosts, want := range map[[2]string]bool{
		{"127.0.0.1", "127.0.0.1"}: true, {"localhost", "127.0.0.1"}: true, {"localhost", "localhost"}: true, {"", "10.0.0.1"}: true,
		{"0.0.0.0", "127.0.0.1"}: true, {"127.0.0.1", "::"}: true,
		{"127.0.0.1", "127.0.0.2"}: false, {"127.0.0.1", "::1"}: false, {"localhost", "10.0.0.1"}: false,
	} {
		if got := overlap(hosts[0], hosts[1]); got != want {
			t.Errorf("%q: %t", hosts, got)
		}
	}
}

// TestMetricsPage holds docs/metrics.md to the table.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	const page = "../../docs/metrics.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := intoTable(t, string(text), tableOfMetrics())
	if *updateKeys {
		writeGenerated(t, page, want)
		return
	}
	if string(text) != want {
		t.Error("docs/metrics.md is out of date: make generate")
	}
}

func tableOfMetrics() string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | meaning | when to worry |\n|---|---|---|---|---|\n")
	for _, m := range metricTable {
		labels := ""
		if len(m.labels) > 0 {
			labels = "`" + strings.Join(m.labels, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.name, m.kind, labels, m.help, m.worry)
	}
	return b.String()
}

// intoTable puts a table between the marks of a page.
func intoTable(t *testing.T, page, table string) string {
	t.Helper()
	const begin, end = "<!-- metrics: written by go generate -->\n", "<!-- end of metrics -->\n"
	before, rest, ok := strings.Cut(page, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("docs/metrics.md lacks the marks of its table")
	}
	return before + begin + "\n" + table + "\n" + end + after
}
