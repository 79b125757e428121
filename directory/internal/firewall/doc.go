// Package firewall decides which addresses may come in (J8).
//
// It owns: the text of a rule, and whether an address is in one. It refuses: to know whose address it is, which the
// front door finds out behind trusted proxies, and what is said to who is kept out.
package firewall
