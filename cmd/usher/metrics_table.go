package main

// metric is one row of the table of metrics: what /metrics serves under that name, and docs/metrics.md says of it.
type metric struct {
	name, kind string
	labels     []string
	help       string
	worry      string // when to look; empty: it explains others
}

// The kinds of metrics.
const (
	kindCounter   = "counter"
	kindGauge     = "gauge"
	kindHistogram = "histogram"
)

// The metrics. A name that ends in _total only rises. What is said of the backlog is the same from every replica.
var (
	metricBuild = metric{
		"usher_build_info", kindGauge,
		[]string{"version", "revision", "go"},
		"Always 1; the labels say which build runs.",
		"Replicas differ for longer than an upgrade takes.",
	}
	metricReady = metric{
		"usher_ready", kindGauge, nil,
		"1 while /readyz says yes: the store answers with a schema of this version and takes writes, and no stop was asked for.",
		"0 for a minute.",
	}
	metricRequests = metric{
		"usher_requests_total", kindCounter,
		[]string{"face", "connection", "method", "route", "status"},
		"Requests that were answered.",
		"More than 1 % of a face have a status of 500 or above; a connection that had requests has none.",
	}
	metricErrors = metric{
		"usher_request_errors_total", kindCounter,
		[]string{"face", "connection", "status", "scim_type", "kind"},
		"Requests that were refused or failed, by what the caller was told. The kind \"rate limited\" is a refusal of the rate limit.",
		"Any of status 500; many of one kind for one connection: its mapping, its token or its pace is wrong.",
	}
	metricDuration = metric{
		"usher_request_duration_seconds", kindHistogram,
		[]string{"face", "connection"},
		"Time from the end of a request's headers until it was answered.",
		"The 99th percentile of the face scim is above 1 s.",
	}
	metricRouteDuration = metric{
		"usher_route_duration_seconds", kindHistogram,
		[]string{"face", "method", "route"},
		"The same time by endpoint. Of the feed it holds the time that a reader has asked to wait.",
		"",
	}
	metricInFlight = metric{
		"usher_requests_in_flight", kindGauge, nil,
		"Requests that are being served.",
		"It rises and does not come down.",
	}
	metricConflicts = metric{
		"usher_conflicts_total", kindCounter, nil,
		"Changes that were planned again, or given up, because another one was there first.",
		"It rises as fast as the writes do: many clients write to one resource.",
	}
	metricGivenUp = metric{
		"usher_conflicts_given_up_total", kindCounter, nil,
		"Changes that were refused after eight conflicts; the caller was told to try again.",
		"It rises.",
	}
	metricRead = metric{
		"usher_store_read_seconds", kindHistogram,
		[]string{"kind"},
		"Time of a read, by kind: lookup of a few rows by key, or list, which may pass many. With the wait for a connection, without the reads of a write.",
		"The 99th percentile of lookup is above 0.1 s.",
	}
	metricWrite = metric{
		"usher_store_write_seconds", kindHistogram, nil,
		"Time of a write, from its call until it is durable.",
		"The 99th percentile is above 0.25 s.",
	}
	metricWait = metric{
		"usher_store_wait_seconds", kindHistogram, nil,
		"The part of it that is spent waiting for a turn.",
		"The 99th percentile is above 1 s, or it is most of the time of writes: the store is at its limit.",
	}
	metricCommit = metric{
		"usher_store_commit_seconds", kindHistogram, nil,
		"The part of it in which the transaction becomes durable. On PostgreSQL it is the last way to the server and back, with the statements that go there beside COMMIT.",
		"The 99th percentile is above 0.1 s: the disk of the database is slow, on PostgreSQL perhaps the network, or rows are fought for.",
	}
	metricBatch = metric{
		"usher_store_batch_writes", kindHistogram, nil,
		"How many writes share a transaction.",
		"",
	}
	metricRetries = metric{
		"usher_store_retries_total", kindCounter, nil,
		"Transactions that were run again after the database had refused them.",
		"It rises as fast as the writes do.",
	}
	metricBusy = metric{
		"usher_store_busy_total", kindCounter, nil,
		"Writes that could not be run in time; the caller was answered 503.",
		"It rises.",
	}
	metricQueue = metric{
		"usher_store_queue_writes", kindGauge, nil,
		"Writes that wait for their turn.",
		"More than half of usher_store_queue_capacity; it rises and does not come down.",
	}
	metricQueueCapacity = metric{
		"usher_store_queue_capacity", kindGauge, nil,
		"How many writes may wait. Absent on PostgreSQL: there they wait for as long as usher_store_wait_seconds says, up to 10 s.",
		"",
	}
	metricTexts = metric{
		"usher_store_texts_bytes", kindGauge, nil,
		"Memory that texts take in which parts (co, ew) are looked for. It is given back a minute after the last such search.",
		"",
	}
	metricPool = metric{
		"usher_store_connections", kindGauge,
		[]string{"use", "state"},
		"Connections to the database that are open, and those of them that are busy. With SQLite, half of the readers serve look-ups by key alone (lookup).",
		"All that are possible are busy.",
	}
	metricPoolMax = metric{
		"usher_store_connections_max", kindGauge,
		[]string{"use"},
		"How many connections to the database are possible; 0: as many as there are processes to serve.",
		"",
	}
	metricPoolWaits = metric{
		"usher_store_connection_waits_total", kindCounter,
		[]string{"use"},
		"How often a free connection was waited for.",
		"",
	}
	metricPoolWaited = metric{
		"usher_store_connection_wait_seconds_total", kindCounter,
		[]string{"use"},
		"How long, all together.",
		"It rises by more than a tenth of the time: make the pool larger, or look for slow queries.",
	}
	metricLogWaiting = metric{
		"usher_provisioning_log_waiting", kindGauge, nil,
		"Records of reads and refusals that are not written yet.",
		"More than half of usher_provisioning_log_capacity.",
	}
	metricLogCapacity = metric{
		"usher_provisioning_log_capacity", kindGauge, nil,
		"How many such records may wait.",
		"",
	}
	metricLogDropped = metric{
		"usher_provisioning_log_dropped_total", kindCounter, nil,
		"Such records that found no room or could not be written. Records of changes are never dropped.",
		"It rises.",
	}
	metricMarksDropped = metric{
		"usher_contact_marks_dropped_total", kindCounter, nil,
		"Marks of a last contact that found no room. The next request marks again.",
		"",
	}
	metricJobs = metric{
		"usher_jobs_open", kindGauge, nil,
		"Jobs in the background that are not finished.",
		"",
	}
	metricJobsAge = metric{
		"usher_jobs_oldest_seconds", kindGauge, nil,
		"How long ago the oldest of them was asked for; 0: there is none.",
		"Above an hour, and usher job list shows no progress.",
	}
	metricWebhookWaiting = metric{
		"usher_webhook_events_waiting", kindGauge, nil,
		"Events that enabled webhooks have not taken, each counted to 10,000.",
		"It rises for longer than a receiver's outage.",
	}
	metricWebhookLag = metric{
		"usher_webhook_lag_seconds", kindGauge, nil,
		"Age of the oldest such event; 0: there is none.",
		"Above five minutes.",
	}
	metricWebhooks = metric{
		"usher_webhooks", kindGauge,
		[]string{"state"},
		"Webhooks whose last attempt has failed, and those that were disabled.",
		"Any is failing for an hour; one becomes disabled.",
	}
	metricWebhookFailures = metric{
		"usher_webhook_failures_total", kindCounter, nil,
		"Attempts at which a receiver did not take a message.",
		"",
	}
	metricMessages = metric{
		"usher_messages_waiting", kindGauge,
		[]string{"kind"},
		"Logouts that apps, and mails that admins have not been told of yet, each counted to 10,000.",
		"It rises and does not come down.",
	}
	metricMessagesAge = metric{
		"usher_messages_oldest_seconds", kindGauge,
		[]string{"kind"},
		"Age of the oldest of them; 0: there is none.",
		"Above an hour: an app or the mail server takes none.",
	}
	metricMessagesGivenUp = metric{
		"usher_messages_given_up", kindGauge,
		[]string{"kind"},
		"Logouts and mails that were given up in the last week, after days of tries.",
		"Any: an app does not answer, or the mail server refuses. The log says which.",
	}
	metricMessageFailures = metric{
		"usher_message_failures_total", kindCounter,
		[]string{"kind"},
		"Attempts at which a logout or a mail was not taken.",
		"",
	}
	metricUnsealed = metric{
		"usher_audit_unsealed_entries", kindGauge, nil,
		"Audit entries that are not chained and signed yet, counted to 10,000 in each root.",
		"",
	}
	metricUnsealedAge = metric{
		"usher_audit_unsealed_seconds", kindGauge, nil,
		"Age of the oldest of them; 0: there is none.",
		"Above a minute: nobody seals. Is usher serve running?",
	}
	metricFeedEvents = metric{
		"usher_feed_events_total", kindCounter, nil,
		"Events that readers of the feed were given.",
		"",
	}
	metricFeedAge = metric{
		"usher_feed_age_seconds_total", kindCounter, nil,
		"Sum of the ages of those events when they were given: divided by their number, the lag of the app.",
		"The lag is above what the app promises.",
	}
	metricConnection = metric{
		"usher_connection_info", kindGauge,
		[]string{"connection", "workspace", "name", "profile", "state"},
		"Always 1; the labels say which connection an id stands for.",
		"A state other than enabled that nobody has asked for.",
	}
	metricContact = metric{
		"usher_connection_last_contact_timestamp_seconds", kindGauge,
		[]string{"connection"},
		"When the identity provider was heard of last; to a minute. Absent: never.",
		"A day ago, for a provider that calls every hour.",
	}
	metricExpiry = metric{
		"usher_connection_credential_expiry_timestamp_seconds", kindGauge,
		[]string{"connection"},
		"When the last live token or client secret of the connection expires. Absent: it has none.",
		"Within 14 days.",
	}
	metricCollect = metric{
		"usher_collect_errors_total", kindCounter, nil,
		"How often the store could not be asked for the metrics of the backlog and of the connections, which are then absent.",
		"It rises.",
	}
)

// metricTable is the order of docs/metrics.md.
var metricTable = []metric{
	metricBuild, metricReady,
	metricRequests, metricErrors, metricDuration, metricRouteDuration, metricInFlight,
	metricConnection, metricContact, metricExpiry,
	metricConflicts, metricGivenUp,
	metricRead,
	metricWrite, metricWait, metricCommit, metricBatch, metricRetries, metricBusy, metricQueue, metricQueueCapacity, metricTexts,
	metricPool, metricPoolMax, metricPoolWaits, metricPoolWaited,
	metricLogWaiting, metricLogCapacity, metricLogDropped, metricMarksDropped,
	metricJobs, metricJobsAge,
	metricWebhookWaiting, metricWebhookLag, metricWebhooks, metricWebhookFailures,
	metricMessages, metricMessagesAge, metricMessagesGivenUp, metricMessageFailures,
	metricUnsealed, metricUnsealedAge,
	metricFeedEvents, metricFeedAge,
	metricCollect,
}
