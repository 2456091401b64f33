package sed

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// What GNU sed 4.9 makes of these.
func TestLines(t *testing.T) {
	const in = "one 1\ntwo 2\nthree 3\n"
	tests := []struct {
		script   string
		extended bool
		want     string
	}{
		{`s/o/0/`, false, "0ne 1\ntw0 2\nthree 3\n"},
		{`s/e/E/2`, false, "one 1\ntwo 2\nthreE 3\n"},
		{`s/e/E/g`, false, "onE 1\ntwo 2\nthrEE 3\n"},
		{`s/\(t\w*\) \([0-9]\)/\2 \1/`, false, "one 1\n2 two\n3 three\n"},
		{`s/(t\w*) ([0-9])/\2 & \1/`, true, "one 1\n2 two 2 two\n3 three 3 three\n"},
		{`s#o\+n#X#;s#t*#y#`, false, "yXe 1\nywo 2\nyhree 3\n"},
		{`/two/d`, false, "one 1\nthree 3\n"},
		{`/two/!d`, false, "two 2\n"},
		{`2,$d`, false, "one 1\n"},
		{`$d`, false, "one 1\ntwo 2\n"},
		{`0,/e/s/e/E/`, false, "onE 1\ntwo 2\nthree 3\n"},
		{`/one/,/two/s/^/#/`, false, "#one 1\n#two 2\nthree 3\n"},
		{`/one/,+1s/^/#/`, false, "#one 1\n#two 2\nthree 3\n"},
		{"/two/a\\\nx\\\ny", false, "one 1\ntwo 2\nx\ny\nthree 3\n"},
		{`/two/i x`, false, "one 1\nx\ntwo 2\nthree 3\n"},
		{`/two/c x`, false, "one 1\nx\nthree 3\n"},
		{`/t/{s/t/T/;/3/d}`, false, "one 1\nTwo 2\n"},
		{`s/two/a\nb/`, false, "one 1\na\nb 2\nthree 3\n"},
		{`s/ONE/x/I`, false, "x 1\ntwo 2\nthree 3\n"},
	}
	for _, tt := range tests {
		s, err := Parse(tt.script, tt.extended)
		if err != nil {
			t.Errorf("%s: %v", tt.script, err)
			continue
		}
		if got := Join(s.Lines(in)); got != tt.want {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.script, got, tt.want)
		}
	}
}

func TestPerl(t *testing.T) {
	tests := []struct{ script, want string }{
		{`s/o/0/`, "0ne 1\ntw0/b\n"},
		{`s{(\w+) (\d)}{$2 ${1}}`, "1 one\ntwo/b\n"},
		{`s|/b|/c|g; s#one#\n#`, "\n 1\ntwo/c\n"},
		{`s/o/0/ if /two/`, "one 1\ntw0/b\n"},
	}
	for _, tt := range tests {
		s, err := ParsePerl(tt.script)
		if err != nil {
			t.Errorf("%s: %v", tt.script, err)
			continue
		}
		if got := Join(s.Lines("one 1\ntwo/b\n")); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.script, got, tt.want)
		}
	}
}

// A substitution that changes many lines is one operation, and takes no time that
// grows with their square; a row of fields is written as it is.
func TestTranslateMany(t *testing.T) {
	many := "[a]\n"
	for i := range 20000 {
		many += fmt.Sprintf("key%d = %d\n#other%d = x\n", i, i, i)
	}
	for _, tt := range []struct{ script, name, src, ops string }{
		{`s/^key/kez/`, "/etc/a.ini", many, `{ regex = "^key", with = "kez", count = 20000 }`},
		{`s/ = / = a/`, "/etc/a.ini", many, `{ replace = " = ", with = " = a", count = 20000 }`},
		{`s/^key777 = .*/key777 = 5/`, "/etc/a.ini", many, `{ set = "a/key777", to = "5", was = "777" }`},
		{`s,/bin/sh,/bin/bash,`, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n", `{ set = "root", to = "x:0:0:root:/root:/bin/bash", was = "x:0:0:root:/root:/bin/sh" }`},
	} {
		s, err := Parse(tt.script, false)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Translate(edit.Input{Name: tt.name, Bytes: []byte(tt.src)}, s)
		if err != nil || p.Err != nil || len(p.Ops) != 1 || p.Ops[0].TOML() != tt.ops {
			t.Errorf("%s: %v, %v, %d operations, want %s", tt.script, err, p.Err, len(p.Ops), tt.ops)
		}
	}
}

// What is a program is refused by name.
func TestPrograms(t *testing.T) {
	for script, want := range map[string]string{
		`:a;N;$!ba`:    "makes it a program",
		`s/a/b/e`:      "flag 'e'",
		`s/\(a\)\1/b/`: "refers back to a group",
		`s/a/\U&/`:     "changes case",
		`s/a/b`:        "not closed",
		`/a/{d`:        "} is missing",
	} {
		if _, err := Parse(script, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", script, err, want)
		}
	}
	for script, want := range map[string]string{`print "x"`: "more than substitutions", `s/a/$x/`: "variable of perl's"} {
		if _, err := ParsePerl(script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", script, err, want)
		}
	}
}

func TestTranslate(t *testing.T) {
	const sshd = "#PermitRootLogin prohibit-password\nUsePAM yes\n# UsePAM is for all\n"
	tests := []struct {
		script, ops string
		same        bool // the operations leave what sed does
		err         string
	}{
		{`s/#\?PermitRootLogin.*/PermitRootLogin no/`, `{ set = "PermitRootLogin", to = "no" }`, true, ""},
		{`s/UsePAM yes/UsePAM no/`, `{ set = "UsePAM", to = "no", was = "yes" }`, true, ""},
		{`s/^UsePAM/#UsePAM/`, `{ comment = "UsePAM" }`, true, ""},
		{`/UsePAM yes/d`, `{ unset = "UsePAM" }`, true, ""},
		{`s/prohibit-password/no/`, `{ set = "PermitRootLogin", to = "no" }`, false, ""},
		{`/UsePAM yes/a Port 22`, `{ insert = "Port 22", after = "UsePAM" }`, true, ""},
		{`s/PermitEmptyPasswords yes/PermitEmptyPasswords no/`, `{ replace = "PermitEmptyPasswords yes", with = "PermitEmptyPasswords no" }`, false, "matches nothing"},
	}
	for _, tt := range tests {
		s, err := Parse(tt.script, false)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Translate(edit.Input{Name: "/etc/ssh/sshd_config", Bytes: []byte(sshd)}, s)
		if err != nil {
			t.Fatal(err)
		}
		var ops []string
		for _, op := range p.Ops {
			ops = append(ops, op.TOML())
		}
		if got := strings.Join(ops, " "); got != tt.ops || p.Same() != tt.same {
			t.Errorf("%s: %s, same: %v; want %s, %v", tt.script, got, p.Same(), tt.ops, tt.same)
		}
		if (p.Err == nil) != (tt.err == "") || p.Err != nil && !strings.Contains(p.Err.Error(), tt.err) {
			t.Errorf("%s: %v; want %q", tt.script, p.Err, tt.err)
		}
	}
}

// No script makes it panic, and what it does is a file of lines.
func FuzzParse(f *testing.F) {
	f.Add(`s/a\(b*\)/\1c/g;/x/,/y/{i z`+"\n}", "ab\nx\ny\n", false)
	f.Add(`0,/a|b/s##&&#2;$!d`, "a\nb", true)
	f.Fuzz(func(t *testing.T, script, src string, extended bool) {
		s, err := Parse(script, extended)
		if err != nil || len(src) > 1<<12 {
			return
		}
		Join(s.Lines(src))
		if _, err := Guess("/etc/ssh/sshd_config", "", s); err != nil {
			return
		}
	})
}
