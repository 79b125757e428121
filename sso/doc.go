// Package sso is the sign-in face: what a browser walks through on its way to an identity provider and back.
//
// It owns: the flow for every [Provider] (login, callback, logouts by the back channel and by browsers), the pages that
// people see on the way (whose sign-in it is, the second factor, what went wrong), the cookies, and where a browser may be
// sent in the end.
//
// It refuses: to decide. Who somebody is to us, whether they may come in and what is asked of them first says
// directory.Login, in one transaction. What an answer of an identity provider is worth says its Provider. To the browser
// it gives no reason for a refusal: every one looks the same, and the logs have its code.
//
// Its neighbours: directory and internal/page below; sso/oidc is the first Provider; the front door mounts it at /sso.
// Package openid is met in rows and URLs only: it sends browsers to [Handler.SignInURL], and gets them back at one of
// Options.Returns.
//
//	/start ─ e-mail, workspace ─▶ /{connection}/login ─ attempt kept, cookie ─▶ identity provider
//	                                                                                   │
//	return ◀─ /factor ◀─ needs one? ◀─ directory.Login ◀─ Provider.Finish ◀─ /{connection}/callback
package sso
