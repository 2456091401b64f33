package effects

import (
	"strings"
	"testing"
)

// Lines of other roots come to those of a root with numbers that are free there, and
// groups' members with them.
func TestJoinLines(t *testing.T) {
	files := map[string]string{
		"/etc/passwd": "root:x:0:0::/root:/bin/sh\nwww:x:33:33::/:/bin/false\nown:x:101:101::/:/bin/false\n",
		"/etc/group":  "root:x:0:\nwww:x:33:\nown:x:101:\nsound:x:29:own\n",
		"/etc/shadow": "root:*:1::::::\n",
		"/etc/shells": "/bin/sh\n",
	}
	line := func(file, text string, members ...string) Line {
		l := Line{File: file, Key: keyOf(file, text), Text: text}
		for _, m := range members {
			l.Members = append(l.Members, Member{User: m})
		}
		return l
	}
	for _, c := range []struct {
		name   string
		others [][]Line // one root each
		want   string
	}{
		{"nothing", [][]Line{nil}, ""},
		{"what is there stays", [][]Line{{line("/etc/passwd", "own:x:105:105::/x:/bin/sh"), line("/etc/group", "own:x:105:"), line("/etc/shells", "/bin/sh")}}, ""},
		{"a user whose numbers are free", [][]Line{{line("/etc/passwd", "bus:x:102:103::/:/bin/false"), line("/etc/group", "bus:x:103:"), line("/etc/shadow", "bus:!:1::::::")}}, `
			/etc/group bus:x:103:
			/etc/passwd bus:x:102:103::/:/bin/false
			/etc/shadow bus:!:1::::::`},
		{"users of two roots with one number", [][]Line{
			{line("/etc/passwd", "bus:x:101:101::/:/bin/false"), line("/etc/group", "bus:x:101:")},
			{line("/etc/passwd", "db:x:101:101::/:/bin/false"), line("/etc/group", "db:x:101:")},
		}, `
			/etc/group bus:x:102:
			/etc/group db:x:103:
			/etc/passwd bus:x:102:102::/:/bin/false
			/etc/passwd db:x:103:103::/:/bin/false`},
		{"one whose group is there by another number", [][]Line{{line("/etc/group", "own:x:107:"), line("/etc/passwd", "more:x:105:107::/:/bin/false"), line("/etc/passwd", "web:x:106:33::/:/bin/false")}}, `
			/etc/passwd more:x:105:101::/:/bin/false
			/etc/passwd web:x:106:33::/:/bin/false`},
		{"members who are there, of a group that is", [][]Line{
			{{File: "/etc/group", Key: "sound", Members: []Member{{User: "www"}, {User: "own"}, {User: "nobody"}}}, {File: "/etc/group", Key: "none", Members: []Member{{User: "www"}}}},
			{line("/etc/group", "late:x:300:www,x", "www", "x")},
		}, `
			/etc/group sound:x:29:own,www
			/etc/group late:x:300:www`},
		{"a shell, and a line that is gone", [][]Line{{line("/etc/shells", "/bin/fish"), {File: "/etc/passwd", Key: "own", Changed: true}}}, `
			/etc/shells /bin/fish`},
	} {
		var others []*Effects
		for _, lines := range c.others {
			others = append(others, &Effects{Lines: lines})
		}
		changed := JoinLines(files, others)
		var got []string
		for _, file := range lineFiles {
			for _, l := range splitLines(changed[file]) {
				if !strings.Contains("\n"+files[file], "\n"+l+"\n") {
					got = append(got, file+" "+l)
				}
			}
			if n := len(splitLines(changed[file])); changed[file] != "" && n < len(splitLines(files[file])) {
				t.Errorf("%s: %s has %d lines left", c.name, file, n)
			}
		}
		want := map[string]bool{}
		for _, l := range strings.Split(strings.TrimSpace(c.want), "\n") {
			want[strings.TrimSpace(l)] = true
		}
		for _, l := range got {
			if !want[l] {
				t.Errorf("%s: got %s", c.name, l)
			}
			delete(want, l)
		}
		delete(want, "")
		if len(want) > 0 {
			t.Errorf("%s: without %v", c.name, want)
		}
	}
}
