package delivery

import (
	"fmt"

	"github.com/usher-scim/usher/directory"
)

var german = tongue{
	code:     "de",
	time:     "02.01.2006, 15:04 MST",
	greeting: "Guten Tag %s!",
	when:     "Wann: ",
	by:       "Wer: ",
	more:     "… und %d weitere.",
	foot:     "Antworten an diese Adresse liest niemand. Gesendet für %s von Usher",

	letters: map[string]words{
		directory.NoticeSignInEnabled: {
			subject: func(letter) string { return "Die Anmeldung wurde eingeschaltet" },
			tell: func(l letter, n told) string {
				if n.Connection == "" {
					return fmt.Sprintf("Wer sich bei %s zum ersten Mal anmeldet, wird jetzt Mitglied (Methode: %s).", l.Workspace, n.Method)
				}
				return fmt.Sprintf("Bei %s kann man sich jetzt über die Verbindung „%s“ anmelden.", l.Workspace, n.Connection)
			},
			by:      true,
			closing: insAuditLog,
		},
		directory.NoticeSignInDisabled: {
			subject: func(letter) string { return "Die Anmeldung wurde abgeschaltet" },
			tell: func(l letter, n told) string {
				if n.Connection == "" {
					return fmt.Sprintf("Wer sich bei %s zum ersten Mal anmeldet, wird nicht mehr Mitglied (Methode: %s).", l.Workspace, n.Method)
				}
				return fmt.Sprintf("Bei %s kann man sich nicht mehr über die Verbindung „%s“ anmelden.", l.Workspace, n.Connection)
			},
			by:      true,
			closing: insAuditLog,
		},
		directory.NoticeSignInChanged: {
			subject: func(letter) string { return "Die Anmeldung wurde geändert" },
			tell: func(l letter, n told) string {
				if n.Connection == "" {
					return fmt.Sprintf("Wie man zu %s kommt, wurde geändert (Methode: %s).", l.Workspace, n.Method)
				}
				return fmt.Sprintf("Die Anmeldung über die Verbindung „%s“ in %s wurde geändert.", n.Connection, l.Workspace)
			},
			by:      true,
			closing: insAuditLog,
		},
		directory.NoticeUserCreated: {
			subject: func(l letter) string {
				if l.Count == 1 {
					return "neu ist " + l.Notices[0].Person
				}
				return fmt.Sprintf("%d neue Mitglieder", l.Count)
			},
			intro: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("Jemand hat sich zum ersten Mal bei %s angemeldet und ist jetzt Mitglied:", l.Workspace)
				}
				return fmt.Sprintf("%d Personen haben sich zum ersten Mal bei %s angemeldet und sind jetzt Mitglieder:", l.Count, l.Workspace)
			},
			item: func(n told) string {
				return n.Person + behind(", ", n.Email, "") + behind(", Rolle ", n.Role, "") + behind(", über „", n.Connection, "“") + ", " + n.Time
			},
		},
		directory.NoticeTokenExpires: {
			subject: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("ein Zugang von „%s“ läuft bald ab", l.Notices[0].Connection)
				}
				return fmt.Sprintf("%d Zugänge laufen bald ab", l.Count)
			},
			intro: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("Wenn dieser Zugang abgelaufen ist, kann der Identity-Provider in %s niemanden mehr verwalten:", l.Workspace)
				}
				return fmt.Sprintf("Wenn diese Zugänge abgelaufen sind, kann der Identity-Provider in %s niemanden mehr verwalten:", l.Workspace)
			},
			item: func(n told) string {
				return fmt.Sprintf("„%s“: Token oder Client-Secret läuft ab am %s", n.Connection, n.Expires)
			},
			closing: func(letter) string {
				return "Erzeugen Sie rechtzeitig Ersatz, und hinterlegen Sie ihn beim Identity-Provider."
			},
		},
		directory.NoticeCertificateExpires: {
			subject: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("ein Zertifikat von „%s“ läuft bald ab", l.Notices[0].Connection)
				}
				return fmt.Sprintf("%d Zertifikate laufen bald ab", l.Count)
			},
			intro: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("Mit diesem Zertifikat meldet ein Identity-Provider Personen bei %s an. "+
						"Ist es abgelaufen, kommt damit niemand mehr hinein:", l.Workspace)
				}
				return fmt.Sprintf("Mit diesen Zertifikaten melden Identity-Provider Personen bei %s an. "+
					"Ist eines abgelaufen, kommt damit niemand mehr hinein:", l.Workspace)
			},
			item: func(n told) string {
				return fmt.Sprintf("„%s“: ein Zertifikat läuft am %s ab", n.Connection, n.Expires)
			},
			closing: func(letter) string {
				return "Lesen Sie die Metadaten des Identity-Providers neu ein, sobald er das neue hat. Während des Wechsels dürfen beide dort stehen."
			},
		},
		directory.NoticeKeysExpire: {
			subject: func(l letter) string {
				if l.Count == 1 {
					return fmt.Sprintf("Die eigenen Zertifikate von „%s“ laufen bald ab", l.Notices[0].Connection)
				}
				return fmt.Sprintf("Die eigenen Zertifikate von %d Verbindungen laufen bald ab", l.Count)
			},
			intro: func(l letter) string {
				return fmt.Sprintf("An diesen Zertifikaten erkennen Identity-Provider, was Usher signiert, und mit ihnen verschlüsseln sie, "+
					"was nur Usher lesen soll. Sind sie abgelaufen, lehnen manche die Anmeldung bei %s ab:", l.Workspace)
			},
			item: func(n told) string {
				return fmt.Sprintf("„%s“: die eigenen Zertifikate von Usher laufen am %s ab", n.Connection, n.Expires)
			},
			closing: func(letter) string {
				return "Erzeugen Sie neue Schlüssel, lassen Sie den Identity-Provider die Metadaten von Usher neu lesen, " +
					"und wechseln Sie dann zu den neuen. Niemand bleibt dabei ausgesperrt."
			},
		},
		directory.NoticeRecoveryUsed: {
			subject: func(letter) string { return "Ein Wiederherstellungscode wurde benutzt" },
			tell: func(l letter, _ told) string {
				return fmt.Sprintf("Mit einem Wiederherstellungscode Ihres zweiten Faktors hat sich jemand bei %s angemeldet.", l.Workspace)
			},
			closing: func(l letter) string {
				return fmt.Sprintf("Wenn Sie das nicht waren, sagen Sie es sofort einem Admin von %s.", l.Workspace)
			},
		},
		directory.NoticeBreakGlassUsed: {
			subject: func(letter) string { return "Eine Notfall-Anmeldung wurde benutzt" },
			tell: func(l letter, n told) string {
				return n.Person + behind(" (", n.Email, ")") + fmt.Sprintf(" hat sich mit einem Notfall-Link bei %s angemeldet, am Identity-Provider vorbei.", l.Workspace)
			},
			closing: insAuditLog,
		},
	},
}

func insAuditLog(letter) string {
	return "Wenn Sie das nicht erwartet haben, sehen Sie ins Audit-Log."
}
