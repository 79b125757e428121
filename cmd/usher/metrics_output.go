package main

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usher-scim/usher/directory"
)

// scraped sends metrics of the table to a scrape.
type scraped struct {
	ch    chan<- prometheus.Metric
	descs map[string]*prometheus.Desc
}

// put sends one value.
func (o scraped) put(m metric, value float64, labels ...string) {
	kind := prometheus.GaugeValue
	if m.kind == kindCounter {
		kind = prometheus.CounterValue
	}
	o.ch <- prometheus.MustNewConstMetric(o.descs[m.name], kind, value, labels...)
}

func (o scraped) distribution(m metric, d directory.Distribution, labels ...string) {
	buckets := make(map[float64]uint64, len(d.Buckets))
	for _, b := range d.Buckets {
		buckets[b.UpTo] = b.Count
	}
	o.ch <- prometheus.MustNewConstHistogram(o.descs[m.name], d.Count, d.Sum, buckets, labels...)
}

func (o scraped) directory(s *directory.Stats) {
	o.put(metricConflicts, float64(s.Conflicts))
	o.put(metricGivenUp, float64(s.GivenUp))
	o.put(metricLogWaiting, float64(s.RequestsWaiting))
	o.put(metricLogCapacity, float64(s.RequestsRoom))
	o.put(metricLogDropped, float64(s.RequestsDropped))
	o.put(metricMarksDropped, float64(s.MarksDropped))
	o.put(metricFeedEvents, float64(s.FeedEvents))
	o.put(metricFeedAge, s.FeedAge.Seconds())
	o.put(metricWebhookFailures, float64(s.DeliveryFailures))
	o.put(metricMessageFailures, float64(s.LogoutFailures), string(directory.MessageLogout))
	o.put(metricMessageFailures, float64(s.MailFailures), string(directory.MessageMail))
}

func (o scraped) store(s *directory.StoreStats) {
	o.distribution(metricRead, s.Lookups, "lookup")
	o.distribution(metricRead, s.Lists, "list")
	o.distribution(metricWrite, s.Writes)
	o.distribution(metricWait, s.Waits)
	o.distribution(metricCommit, s.Commits)
	o.distribution(metricBatch, s.Batches)
	o.put(metricRetries, float64(s.Retries))
	o.put(metricBusy, float64(s.Busy))
	o.put(metricQueue, float64(s.Waiting))
	if s.Room > 0 {
		o.put(metricQueueCapacity, float64(s.Room))
	}
	o.put(metricTexts, float64(s.Texts))
	for use, p := range s.Connections {
		o.put(metricPool, float64(p.Open), use, "open")
		o.put(metricPool, float64(p.Busy), use, "busy")
		o.put(metricPoolMax, float64(p.Max), use)
		o.put(metricPoolWaits, float64(p.Waits), use)
		o.put(metricPoolWaited, p.Waited.Seconds(), use)
	}
}

// backlog sends nothing when the store could not be asked: no number is better than an old one.
func (o scraped) backlog(b *directory.Backlog, now time.Time) {
	if b == nil {
		return
	}
	o.put(metricJobs, float64(b.Jobs.Count))
	o.put(metricJobsAge, age(b.Jobs, now))
	o.put(metricWebhookWaiting, float64(b.Events.Count))
	o.put(metricWebhookLag, age(b.Events, now))
	o.put(metricWebhooks, float64(b.Failing), "failing")
	o.put(metricWebhooks, float64(b.Disabled), "disabled")
	for _, kind := range []directory.MessageKind{directory.MessageLogout, directory.MessageMail} {
		m := b.Messages[kind]
		o.put(metricMessages, float64(m.Waiting), string(kind))
		o.put(metricMessagesAge, age(directory.Waiting{Count: m.Waiting, Oldest: m.Oldest}, now), string(kind))
		o.put(metricMessagesGivenUp, float64(m.Abandoned), string(kind))
	}
	o.put(metricUnsealed, float64(b.Audit.Count))
	o.put(metricUnsealedAge, age(b.Audit, now))
}

// age is that of the oldest that waits, in seconds.
func age(w directory.Waiting, now time.Time) float64 {
	if w.Count == 0 {
		return 0
	}
	return max(0, now.Sub(w.Oldest).Seconds())
}

func (o scraped) connection(c *watchedConnection) {
	o.put(metricConnection, 1, c.ID, c.workspace, strings.ToValidUTF8(c.Name, "?"), c.Profile, string(c.State))
	o.time(metricContact, c.LastContact, c.ID)
	o.time(metricExpiry, c.expires, c.ID)
}

// time sends a time, unless there is none.
func (o scraped) time(m metric, t time.Time, labels ...string) {
	if !t.IsZero() {
		o.put(m, float64(t.UnixMilli())/1000, labels...)
	}
}
