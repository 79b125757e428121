package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var updateKeys = flag.Bool("update", false, "write config_keys.go and the table of docs/configuration.md")

// docFolders are where the types of a configuration are.
var docFolders = map[string]string{"main": ".", "directory": "../../directory", "mapping": "../../mapping"}

// fieldDocs reads the comments of all struct fields: package.Type.Field → text.
func fieldDocs(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	for name, folder := range docFolders {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", folder, err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			collectDocs(docs, name, parsed)
		}
	}
	return docs
}

func collectDocs(docs map[string]string, pkg string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		s, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, f := range s.Fields.List {
			text := f.Doc.Text() + f.Comment.Text()
			for _, name := range f.Names {
				docs[pkg+"."+spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(text), " ")
			}
		}
		return false
	})
}

// key is one key of a configuration.
type key struct{ path, kind, text string }

// keysOfType lists the keys below a path, in the order of the types.
func keysOfType(t *testing.T, docs map[string]string, typ reflect.Type, path string) (keys []key) {
	if typ.Kind() == reflect.Map {
		return nil
	}
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		if typ.Kind() == reflect.Slice {
			path += "[]"
		}
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return nil
	}
	pkg := filepath.Base(typ.PkgPath())
	if pkg == "usher" {
		pkg = "main"
	}
	for _, f := range fieldsOf(typ) {
		goName := pkg + "." + typ.Name() + "." + f.Name
		text := docs[goName]
		if text == "" && inFile[goName] == "" {
			t.Errorf("%s has no comment, which docs/configuration.md needs", goName)
			continue
		}
		if own := inFile[goName]; own != "" {
			text = own
		} else {
			text = inKeys(text)
		}
		at := below(path, jsonName(f))
		keys = append(keys, key{at, kindOfKey(typ, f), text})
		keys = append(keys, keysOfType(t, docs, f.Type, at)...)
	}
	return keys
}

func kindOfKey(typ reflect.Type, f reflect.StructField) string {
	if allowed := choices(typ, jsonName(f)); len(allowed) > 0 {
		return strings.Join(allowed, ", ")
	}
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return "list of mappings"
	case t.Kind() == reflect.Slice:
		return "list of texts"
	case t.Kind() == reflect.Map:
		return "mapping of " + strings.Join(mapKeys(t), ", ")
	case t.Kind() == reflect.Struct:
		return "mapping"
	}
	return map[string]string{"boolean": "true, false", "integer": "whole number", "number": "number", "string": "text"}[jsonType(t)]
}

// inFile has the words for keys whose comments in Go speak of Go, or that have none of their own.
var inFile = map[string]string{
	"directory.WorkspaceSettings.TimeZone":     "Time zone of members for whom the IdP sends none, such as Europe/Vienna.",
	"directory.WorkspaceSettings.Language":     "Language of members for whom the IdP sends none, such as de-AT.",
	"directory.WorkspaceSettings.Provisioning": "Absent: enabled. disabled: an admin of the workspace can enable it. unentitled: only the operator can.",
	"directory.ConnectionSettings.Mapping":     "What is made of what the identity provider says.",
	"directory.ConnectionSettings.Roles":       "The roles that the connection may grant. Absent: all that do not hold workspace.own, security.manage or integrations.manage.",
	"directory.ConnectionSettings.Brake":       "How many members may leave within an hour before the rest is held: the greater of both. Absent: 50 or 10 %.",
	"directory.WorkspaceSettings.Security":     "What is asked of those who come in.",
	"directory.Security.IPRules":               "Networks from which a surface may be reached, such as 10.0.0.0/8. A surface without any may be reached from anywhere.",
	"directory.Security.SecondFactor":          "Asks everybody who signs in for a second factor.",
	"directory.Security.SessionIdle":           "After so many minutes without a request a session ends. Absent: 60.",
	"directory.Security.SessionMax":            "After so many minutes a session ends at the latest. Absent: 720.",
	"directory.SignIn.Issuer":                  "The identity provider, as it calls itself: the URL below which /.well-known/openid-configuration is, or the entity ID.",
	"directory.SignIn.FactorMethods":           "What in amr counts as a second factor. Absent: mfa, otp, hwk, swk and fido.",
	"directory.SignIn.FactorContexts":          "What in acr counts as a second factor.",
	"directory.SignIn.Protocol":                "The protocol of the identity provider.",
	"directory.Security.AcceptIDPFactor":       "Takes the identity provider's word for a second factor: sign_in.factor_methods, factor_contexts.",
	"directory.ConnectionSettings.SignIn":      "The rules by which people sign in by the connection. Absent: nobody does.",
	"directory.SignIn.Scopes":                  "What is asked for. Absent: openid, profile and email.",
	"directory.SignIn.Algorithms":              "How ID tokens may be signed. Absent: RS256.",
	"directory.SignIn.UnknownRole":             "What happens to somebody new for whom mapping.role_claim names no role that is there. Absent: default.",
	"directory.SignIn.Tenants":                 "The Entra tenants (tid) or Google domains (hd) whose people may come in. An issuer of many tenants needs them.",
	"directory.SignIn.ClientID":                "The client id that the identity provider has given, for oidc.",
	"directory.Brake.Members":                  "A number of members.",
	"directory.Brake.Percent":                  "A part of the workspace's active members.",
	"directory.Brake.Off":                      "Takes the brake off.",
	"mapping.Rules.Attributes":                 "Make the profile. Absent: the default table; else exactly these.",
	"mapping.Attribute.Target":                 "A profile attribute: one of the well-known names of the default table, or one of your own, of [a-z][a-z0-9_]*.",
	"mapping.GroupRule.Role":                   "The role that the rule grants.",
	"mapping.GroupRule.Teams":                  "The teams that the rule grants: those of every rule that matches.",
}

var (
	trace   = regexp.MustCompile(` \([A-Z]\d+(, [A-Z]\d+)*\)`) // "(E8)": of no use to a reader of the page
	copula  = regexp.MustCompile(`^(is|are) `)
	subject = regexp.MustCompile(`^[A-Z]\w+ `)
)

// inKeys is a field's comment for a reader of the file: without the field's name, which is the key beside it.
func inKeys(text string) string {
	text = copula.ReplaceAllString(subject.ReplaceAllString(text, ""), "")
	text = trace.ReplaceAllString(text, "")
	return strings.ToUpper(text[:1]) + text[1:]
}

// TestConfigKeys holds config_keys.go and docs/configuration.md to the comments of the types.
func TestConfigKeys(t *testing.T) {
	t.Parallel()
	keys := keysOfType(t, fieldDocs(t), reflect.TypeFor[config](), "")
	source := goOfKeys(t, keys)
	const page = "../../docs/configuration.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := intoPage(t, string(text), tableOfKeys(keys))
	if *updateKeys {
		writeGenerated(t, "config_keys.go", source)
		writeGenerated(t, page, want)
		return
	}
	if old, _ := os.ReadFile("config_keys.go"); string(old) != source {
		t.Error("config_keys.go is out of date: make generate")
	}
	if string(text) != want {
		t.Error("docs/configuration.md is out of date: make generate")
	}
}

func writeGenerated(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func goOfKeys(t *testing.T, keys []key) string {
	var b strings.Builder
	b.WriteString("// Code generated by TestConfigKeys from the comments of the types; DO NOT EDIT.\n\npackage main\n\n")
	b.WriteString("// configKeys says what each key of a configuration means, [] being the items of a list.\nvar configKeys = map[string]string{\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "%q: %s,\n", k.path, strconv.Quote(k.text))
	}
	b.WriteString("}\n")
	source, err := format.Source([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

func tableOfKeys(keys []key) string {
	var b strings.Builder
	b.WriteString("| key | value | meaning |\n|---|---|---|\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.path, k.kind, strings.ReplaceAll(k.text, "|", `\|`))
	}
	return b.String()
}

// The marks between which the table stands in the page.
const (
	tableBegin = "<!-- keys: written by go generate -->\n"
	tableEnd   = "<!-- end of keys -->\n"
)

func intoPage(t *testing.T, page, table string) string {
	t.Helper()
	before, rest, ok := strings.Cut(page, tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("docs/configuration.md lacks the marks of its table")
	}
	return before + tableBegin + "\n" + table + "\n" + tableEnd + after
}
