// Package delivery is the way out: what Usher calls at other people's addresses.
//
// It owns: the guarded HTTP client ([Client]), through which every call to a configured address goes; signatures by
// Standard Webhooks ([Verify]); webhooks, which bring events to the app; logouts, which tell apps that a session has ended
// (OpenID Connect Back-Channel Logout); mails to admins ([Mailer]); [Run], which keeps these three going; and hooks
// ([HTTPHook]), which ask the app what it makes of a change.
//
// It refuses: to decide. Which events wait and for whom, and what an answer of a hook means, says the directory. It
// also refuses private networks, redirects and proxies, unless the operator has named the network.
//
// Its neighbours: directory, which it asks for due events and tells what became of them.
//
//	directory ─DueWebhooks─▶ Run ─POST─▶ receiver
//	    ▲                     │
//	    └────RecordDelivery───┘
//
// A webhook waits until events are committed or its next attempt is due, and is then claimed, so that one process at
// a time sends. It gets its events in order, one to a request. After a refusal it waits, longer each time; after five
// days of refusals, or at 410, it is disabled.
//
// Logouts and mails are messages of the outbox, each with its own count of tries. A logout is posted to one app in order,
// and given up after three days. Mails are put together where they come in bursts, go to each admin by itself, and are
// given up after five days. Who was told is written down after each mail, and a mail that is sent twice all the same, after
// a crash, has the same Message-ID.
//
// The files: guard, address, transport (the client); sign, webhook; hook; run; outbox, pause (when to try); crew (who is at
// work); logout; mail (which notices to whom), letter (what they say), mailer, smtp, mailfolder (how they get away).
package delivery
