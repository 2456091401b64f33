package edit

import (
	"os/exec"
	"testing"
)

// Words are read as a shell reads them. What each says, between double quotes,
// is what the shell makes of the word itself.
func TestShellWords(t *testing.T) {
	for _, r := range []struct{ written, says string }{
		{`a`, `a`},
		{`"a b"`, `a b`},
		{`'a $b'`, `a $b`},
		{`$A/b`, `$A/b`},
		{`"\$A"`, `\$A`},
		{`"\\$A"`, `\\$A`},
		{`"a\"b\\"`, `a"b\`},
		{`"s/\(x\)/\1/"`, `s/\(x\)/\1/`},
		{`$(echo "a b" | tr a-z A-Z)`, `$(echo "a b" | tr a-z A-Z)`},
		{`"$(echo "a b")"`, `$(echo "a b")`},
		{`"$(echo "a\\b" 'c"' ")" # d)` + "\n)\"", `$(echo "a\\b" 'c"' ")" # d)` + "\n)"},
		{"`echo \"a b\"`", "`echo \"a b\"`"},
		{`$(( (2 + 3) * 2 ))`, `$(( (2 + 3) * 2 ))`},
		{`${X:-"a b"}`, `${X:-"a b"}`},
		{`${A%%"/"*}`, `${A%%"/"*}`},
		{`"x${X:-"}"}y"`, `x${X:-"}"}y`},
		{`/run/"$A".pid`, `/run/$A.pid`},
		{`a'b'"c"\ d`, `abc d`},
		{`$(echo x)'\n'"$A"`, `$(echo x)\n$A`},
		{`"$A"'($|/)'`, `$A(\$|/)`},
		{"\"a \\\n  b\"", "a \\\n  b"},
		{"'a\nb'", "a\nb"},
		{`$?`, `$?`},
	} {
		w, _ := (&shellReader{s: r.written}).word(0)
		if w.end != len(r.written) || w.text != r.says {
			t.Errorf("%s is read to offset %d as %q, want %q", r.written, w.end, w.text, r.says)
		}
		if w.quote == '\'' {
			continue
		}
		spelt, err := shellSpell(r.says, w.quote, false)
		if err != nil {
			t.Errorf("%s: %v", r.says, err)
		}
		if got, want := shellSay(t, spelt), shellSay(t, r.written); got != want {
			t.Errorf("%s is written %s, and says %q, not %q", r.written, spelt, got, want)
		}
	}
	for _, open := range []string{`"$(cat <<E` + "\nit's\nE\n)\"", `$(case a in a) echo;; esac)`, `$(a`, `"${a"`} {
		if w, ok := (&shellReader{s: open}).word(0); ok && w.end == len(open) && w.quote != 0 {
			t.Errorf("%s is read as %q", open, w.text)
		}
	}
}

// shellSay returns what sh makes of a word.
func shellSay(t *testing.T, written string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", "A=/a/b; x="+written+`; printf %s "$x"`).Output()
	if err != nil {
		t.Fatalf("sh: %s: %v", written, err)
	}
	return string(out)
}

func TestShellSpelling(t *testing.T) {
	s := "A=$(cut -d' ' -f1 \"x\")\nB=\"$(gettext \"not found\")\"\nC='it'\nexport D=a\nE=\"^x\\.y\"\n"
	testRows(t, "/etc/default/x", "", []row{
		{"command with quotes", s, `set = "A", to = '$(cut -d: -f2 "y z")'`, edited(t, s, `$(cut -d' ' -f1 "x")`, `$(cut -d: -f2 "y z")`), ""},
		{"command with quotes in quotes", s, `set = "B", to = 'a "b" $(c "d")', was = '$(gettext "not found")'`, edited(t, s, `"$(gettext "not found")"`, `"a \"b\" $(c "d")"`), ""},
		{"single quotes give way", s, `set = "C", to = "it's"`, edited(t, s, `'it'`, `"it's"`), ""},
		{"single quotes that cannot", s, `set = "C", to = "it's $5"`, "", "cannot be written in ' quotes"},
		{"pattern", s, `set = "A", to = "*"`, edited(t, s, `$(cut -d' ' -f1 "x")`, `*`), ""},
		{"pattern behind export", s, `set = "D", to = "*"`, edited(t, s, `D=a`, `D="*"`), ""},
		{"its value before its spelling", "if x; then\n  A=\"\\\"$1\\\"\"\nelse\n  A=\"$1\"\nfi\n", `set = "A[.='\"$1\"']", to = "y"`, "if x; then\n  A=\"y\"\nelse\n  A=\"$1\"\nfi\n", ""},
		{"only its spelling", "A=\"x\"\nA=\"y\"\n", `set = "A[.='\"x\"']", to = "z"`, "A=\"z\"\nA=\"y\"\n", ""},
		{"backslash", s, `set = "E", to = '^\(z\)$'`, edited(t, s, `"^x\.y"`, `"^\(z\)$"`), ""},
	})
}
