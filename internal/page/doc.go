// Package page is what the pages for people share, whichever face shows them.
//
// It owns: the frame and the style that every page stands in, the policy that lets a browser show that and nothing else,
// and how a page becomes text.
//
// It refuses: to know what a page is about. The pages of a face stand in a .templ file of the face. Of these files
// github.com/a-h/templ makes Go, which escapes every value for the place where it stands; markup that is not escaped is
// written here alone. docs/decisions/0027 says why it is not html/template.
//
// Its neighbours: sso and openid above; pagetest holds what pages show.
package page
