package openid

// notice is what a person is told when there is no app to send them back to, or nothing that the app should be told.
type notice struct {
	Title, Text, RequestID string
}

var (
	// notPossible is the one page for every request that names no app or no place of an app to answer to: whoever made
	// the link learns nothing from it.
	notPossible = notice{
		Title: "Sign-in is not possible",
		Text:  "The link that brought you here does not work, or has become too old. Go back to the app and sign in again.",
	}
	failed = notice{
		Title: "Sign-in failed",
		Text:  "Something went wrong here. Go back to the app and try again; if it happens again, tell the administrator the request number.",
	}
	busy = notice{
		Title: "Sign-in has to wait",
		Text:  "There is much to do here just now. Go back to the app and try again in a moment.",
	}
	signedOut = notice{Title: "You are signed out", Text: "You can close this window."}
)
