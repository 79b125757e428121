// Package sheet reads and writes the files of an import and an export: tables as spreadsheets save them (RFC 4180 and
// what Excel makes of it), and documents one a line (NDJSON).
//
// It owns: delimiters, byte order marks, line numbers, limits, the cells that a spreadsheet would compute, and what a
// column means: its head is a SCIM path (RFC 7644 §3.10), so a row is a PATCH. It refuses: files, sockets, and any
// knowledge of who is in the directory.
//
//	bytes ─▶ Reader ─▶ Row ─▶ Columns.Patch ─▶ scim.Patch
//	document ─▶ Flatten ─▶ Cells ─▶ Writer ─▶ bytes
//
// Its neighbours: scim has paths, types and documents; the commands import and export call it.
package sheet
