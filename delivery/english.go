package delivery

import (
	"fmt"

	"github.com/usher-scim/usher/directory"
)

var english = tongue{
	code:     "en",
	time:     "2 January 2006, 15:04 MST",
	greeting: "Hello %s,",
	when:     "When: ",
	by:       "By: ",
	more:     "… and %d more.",
	foot:     "Nobody reads answers to this address. Sent for %s by Usher",

	letters: map[string]words{
		directory.NoticeSignInEnabled: {
			subject: func(letter) string { return "sign-in was enabled" },
			tell: func(l letter, n told) string {
				if n.Connection == "" {
					return fmt.Sprintf("People who sign in to %s now become members at their first sign-in (method: %s).", l.Workspace, n.Method)
				}
				return fmt.Sprintf(`People can now sign in to %s by the connection "%s".`, l.Workspace, n.Connection)
			},
			by:      true,
			closing: toTheAuditLog,
		},
		directory.NoticeSignInDisabled: {
			subject: func(letter) string { return "sign-in was disabled" },
			tell: func(l letter, n told) string {
				if n.Connection == "" {
					return fmt.Sprintf("People who sign in to %s no longer become members at their first sign-in (method: %s).", l.Workspace, n.Method)
				}
				return fmt.Sprintf(`Nobody can sign in to %s by the connection "%s" any more.`, l.Workspace, n.Connection)
			},
			by:      true,
			closing: toTheAuditLog,
		},
		directory.NoticeSignInChanged: {
			subject: func(letter) string { return "sign-in was changed" },
			tell: func(l letter, n told) string {
				if n.Connection == "" {
					return fmt.Sprintf("How people come into %s was changed (method: %s).", l.Workspace, n.Method)
				}
				return fmt.Sprintf(`The sign-in by the connection "%s" in %s was changed.`, n.Connection, l.Workspace)
			},
			by:      true,
			closing: toTheAuditLog,
		},
		directory.NoticeUserCreated: {
			subject: func(l letter) string {
				if l.Count == 1 {
					return "new user " + l.Notices[0].Person
				}
				return fmt.Sprintf("%d new users", l.Count)
			},
			intro: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("Somebody signed in to %s for the first time and became a member:", l.Workspace)
				}
				return fmt.Sprintf("%d people signed in to %s for the first time and became members:", l.Count, l.Workspace)
			},
			item: func(n told) string {
				return n.Person + behind(", ", n.Email, "") + behind(", role ", n.Role, "") + behind(`, by "`, n.Connection, `"`) + ", " + n.Time
			},
		},
		directory.NoticeTokenExpires: {
			subject: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf(`a credential of "%s" expires soon`, l.Notices[0].Connection)
				}
				return fmt.Sprintf("%d credentials expire soon", l.Count)
			},
			intro: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("When this credential has expired, its identity provider cannot provision people in %s any more:", l.Workspace)
				}
				return fmt.Sprintf("When these credentials have expired, their identity providers cannot provision people in %s any more:", l.Workspace)
			},
			item: func(n told) string {
				return fmt.Sprintf(`"%s": a token or client secret expires on %s`, n.Connection, n.Expires)
			},
			closing: func(letter) string { return "Make a new one in good time, and give it to the identity provider." },
		},
		directory.NoticeCertificateExpires: {
			subject: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf(`a certificate of "%s" expires soon`, l.Notices[0].Connection)
				}
				return fmt.Sprintf("%d certificates expire soon", l.Count)
			},
			intro: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("By this certificate an identity provider signs people in to %s. When it has expired nobody gets in by it:", l.Workspace)
				}
				return fmt.Sprintf("By these certificates identity providers sign people in to %s. When they have expired nobody gets in by them:", l.Workspace)
			},
			item: func(n told) string { return fmt.Sprintf(`"%s": a certificate expires on %s`, n.Connection, n.Expires) },
			closing: func(letter) string {
				return "Import the identity provider's metadata again as soon as it has the new one. Both may stand there while it changes."
			},
		},
		directory.NoticeKeysExpire: {
			subject: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf(`Usher's own certificates of "%s" expire soon`, l.Notices[0].Connection)
				}
				return fmt.Sprintf("Usher's own certificates of %d connections expire soon", l.Count)
			},
			intro: func(l letter) string {
				return fmt.Sprintf("By these certificates identity providers know what Usher signs, and encrypt what only Usher shall read. "+
					"When they have expired some of them refuse sign-ins to %s:", l.Workspace)
			},
			item: func(n told) string {
				return fmt.Sprintf(`"%s": Usher's own certificates expire on %s`, n.Connection, n.Expires)
			},
			closing: func(letter) string {
				return "Make new keys, let the identity provider read Usher's metadata again, then switch to them. Nobody is kept out meanwhile."
			},
		},
		directory.NoticeRecoveryUsed: {
			subject: func(letter) string { return "a recovery code was used" },
			tell: func(l letter, _ told) string {
				return fmt.Sprintf("A recovery code of your second factor was used to sign in to %s.", l.Workspace)
			},
			closing: func(l letter) string {
				return fmt.Sprintf("If that was not you, tell an admin of %s at once.", l.Workspace)
			},
		},
		directory.NoticeBreakGlassUsed: {
			subject: func(letter) string { return "a break-glass login was used" },
			tell: func(l letter, n told) string {
				return n.Person + behind(" (", n.Email, ")") + fmt.Sprintf(" signed in to %s by a break-glass link, past the identity provider.", l.Workspace)
			},
			closing: toTheAuditLog,
		},
	},
}

func toTheAuditLog(letter) string { return "If you did not expect this, look at the audit log." }
