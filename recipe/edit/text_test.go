package edit

import (
	"testing"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

const locales = `# This file lists locales.
#
# de_DE.UTF-8 UTF-8
# en_US ISO-8859-1
# en_US.UTF-8 UTF-8  
fr_FR.UTF-8 UTF-8
`

const source = "int a = 1;\r\nint b = 1;\r\n/* end */\r\n"

func TestText(t *testing.T) {
	s := locales
	testRows(t, "/etc/unknown", "text", []row{
		{"line in a comment", s, `line = "en_US.UTF-8 UTF-8"`, edited(t, s, "# en_US.UTF-8", "en_US.UTF-8"), ""},
		{"line there", s, `line = "fr_FR.UTF-8 UTF-8"`, same, ""},
		{"line new", s, `line = "C"`, s + "C\n", ""},
		{"line at the start", "#!/bin/sh\nx\n", `line = "C", where = "start"`, "#!/bin/sh\nC\nx\n", ""},
		{"line after", s, `line = "C", after = "#"`, edited(t, s, "#\n", "#\nC\n"), ""},
		{"line before pattern", s, `line = "C", before = "/^fr/"`, edited(t, s, "fr_FR", "C\nfr_FR"), ""},
		{"line after nothing", s, `line = "C", after = "de_DE.UTF-8"`, "", "    3 | # de_DE.UTF-8 UTF-8"},
		{"line after many", s, `line = "C", after = "/en_US/"`, "", `the anchor "/en_US/" is on 2 lines; expected 1`},
		{"no final line end", "a", `line = "b"`, "a\nb", ""},
		{"empty file", "", `line = "b"`, "b\n", ""},
		{"delete", s, `delete-line = "^fr_"`, edited(t, s, "fr_FR.UTF-8 UTF-8\n", ""), ""},
		{"delete several", s, `delete-line = "en_US", count = 2`, edited(t, s, "# en_US ISO-8859-1\n# en_US.UTF-8 UTF-8  \n", ""), ""},
		{"delete too many", s, `delete-line = "en_US"`, "", `matches 2 times; expected 1`},
		{"delete nothing", s, `delete-line = "^en_UK"`, "", "matches nothing"},
		{"replace", s, `replace = "fr_FR", with = "fr_CA"`, edited(t, s, "fr_FR", "fr_CA"), ""},
		{"replace many", s, `replace = "UTF-8 UTF-8", with = "UTF-8", count = 3`, "# This file lists locales.\n#\n# de_DE.UTF-8\n# en_US ISO-8859-1\n# en_US.UTF-8  \nfr_FR.UTF-8\n", ""},
		{"replace done", s, `replace = "UTF-9", with = "fr_FR"`, same, ""},
		{"replace grown", "deb x main\n", `replace = "main", with = "main contrib"`, "deb x main contrib\n", ""},
		{"replace grown, done", "deb x main contrib\n", `replace = "main", with = "main contrib"`, same, ""},
		{"replace nothing", s, `replace = "fr_FR.UTF8", with = "x"`, "", "    6 | fr_FR.UTF-8 UTF-8"},
		{"lines in crlf", source, `replace = "int b = 1;\n", with = ""`, "int a = 1;\r\n/* end */\r\n", ""},
		{"regex", source, `regex = '^int (\w) = 1;$', with = 'int \1 = 2;', count = 2`, "int a = 2;\r\nint b = 2;\r\n/* end */\r\n", ""},
		{"regex over lines", source, `regex = '1;\nint b', with = '3;\nint c'`, "int a = 3;\r\nint c = 1;\r\n/* end */\r\n", ""},
		{"regex done", source, `regex = 'int (\w) = \d', with = 'int \1 = 1', count = 2`, same, ""},
		{"regex nothing", source, `regex = '^int (\w) = 2;$', with = 'x'`, "", "the nearest lines are"},
		{"regex group", source, `regex = 'int', with = '\1'`, "", `with has \1, the pattern has no groups`},
		{"keys", s, `set = "a", to = "b"`, "", "is plain text"},
		{"insert after", source, `insert = "int c = 1;", after = "/int b/"`, edited(t, source, "int b = 1;\r\n", "int b = 1;\r\nint c = 1;\r\n"), ""},
		{"insert after, done", source, `insert = "int b = 1;", after = "/int a/"`, same, ""},
	})
}

func TestPatch(t *testing.T) {
	const diff = "--- a/x\n+++ b/x\n@@ -2,2 +2,3 @@\n b\n-c\n+C\n+D\n"
	tests := []struct{ name, in, diff, want, bad string }{
		{"fits", "a\nb\nc\n", diff, "a\nb\nC\nD\n", ""},
		{"done", "a\nb\nC\nD\n", diff, same, ""},
		{"other text", "a\nb\nx\n", diff, "", `hunk 1 (line 3) wants "c\n" in line 3, the file has "x\n"`},
		{"elsewhere", "0\na\nb\nc\n", diff, "", "it fits at line 3"},
		{"short", "a\n", diff, "", "wants line 2, the file has 1"},
		{"no final line end", "a\nb\nc", "@@ -3 +3 @@\n-c\n\\ No newline at end of file\n+d\n", "a\nb\nd\n", ""},
		{"new file", "", "@@ -0,0 +1 @@\n+a\n", "a\n", ""},
		{"no hunk", "a\n", "hello\n", "", "it has no hunk"},
		{"two files", "a\n", "+++ a\n@@ -1 +1 @@\n-a\n+b\n+++ b\n@@ -3 +3 @@\n-a\n+b\n", "", "it changes 2 files"},
		{"cut", "a\n", "@@ -1,2 +1 @@\n-a\n", "", "the hunk says 2 and 1 lines"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := Apply(Input{Name: "x", Bytes: []byte(tt.in), Files: map[string][]byte{"p": []byte(tt.diff)},
				Ops: []Op{{Verb: Patch, Text: "p", Pos: diag.Pos{File: "r", Line: 1}}}})
			if tt.bad != "" {
				if err == nil || !contains(explain(err), tt.bad) {
					t.Fatalf("got %v, want %s", err, tt.bad)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: tt.in, false: tt.want}[tt.want == same]; string(res.Bytes) != want || res.Already != (tt.want == same) {
				t.Fatalf("got %q (already %v)", res.Bytes, res.Already)
			}
		})
	}
}

func TestStrict(t *testing.T) {
	in := Input{Name: "x", Bytes: []byte("a\n"), Ops: readOps(t, `line = "a"`)}
	if res, err := Apply(in); err != nil || !res.Already || res.Done[0].Says != "already so: line 1" {
		t.Fatalf("%+v, %v", res, err)
	}
	in.Strict = true
	if _, err := Apply(in); err == nil || !contains(explain(err), "already so") {
		t.Fatalf("strict: %v", err)
	}
}
