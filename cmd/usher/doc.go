// Command usher provisions users and groups from identity providers: one binary that serves SCIM, keeps the
// directory, and plays the providers to test it.
//
// It owns: flags and environment, the data folder, sockets and certificates, the choice of engine, and how things
// look on a terminal. It refuses: rules. Every command is a few calls of the directory, the front door or scimtest;
// each noun has a file of its own.
//
//	main ─▶ run (cli.go) ─▶ command.go: structs, by their tags, from flags, environment and file
//	                  └─▶ command.Run(app) ─▶ folder.go: open ─▶ directory
//	                                     ├─▶ output.go: a table or JSON
//	                                     └─▶ errors.go: "usher: …", "hint: …", exit status
package main

//go:generate go test -count=1 -run ^Test(ConfigKeys|MetricsPage)$ . -update
