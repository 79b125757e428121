// Package input says what people and configuration files may give: names, addresses, domains, languages.
//
// It owns: the form of one value, without a look at anything else. It refuses: whether a value is free, known or
// allowed in its place, which needs the store and is the directory's. What does not have the form is a refusal that
// names the value and says what would do.
package input
