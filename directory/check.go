package directory

// What a configuration file is held to before anything of it is applied.

// CheckSecurity refuses security settings that a workspace cannot have.
func CheckSecurity(s Security) error { return s.check() }

// CheckSignIn refuses rules of sign-in that could not work, or not safely.
func CheckSignIn(s *SignIn) error { return s.check() }

// CheckApp refuses an app that could not be registered.
func CheckApp(a App) error { return a.check() }
