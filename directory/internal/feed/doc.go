// Package feed keeps in memory what the readers of the event feed need: who waits for the next event, and which
// stretches of the outbox hold nothing for a workspace.
//
// It owns: waking up and skipping. It refuses: to read events, and to know what they say.
package feed
