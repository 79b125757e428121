// Package delivery is the way out: what Usher calls at other people's addresses.
//
// It owns: the guarded HTTP client ([Client]), through which every call to a configured address goes; signatures by
// Standard Webhooks ([Verify]); webhooks ([Run]), which bring events to the app; and hooks ([HTTPHook]), which ask the
// app what it makes of a change.
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
package delivery
