package giturl

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		in   string
		want string // scheme user host port path name; or the error
	}{
		{"https://git.example.com/team/petclinic.git", "https||git.example.com||/team/petclinic.git|petclinic"},
		{"http://127.0.0.1:8080/x", "http||127.0.0.1|8080|/x|x"},
		{"ssh://git@git.example.com:2222/team/x.git/", "ssh|git|git.example.com|2222|/team/x.git/|x"},
		{"ssh://git.example.com/~me/x", "ssh||git.example.com||~me/x|x"},
		{"git@github.com:owner/repo.git", "ssh|git|github.com||owner/repo.git|repo"},
		{"git@[::1]:repo", "ssh|git|::1||repo|repo"},
		{"https://[::1]:8080/x", "https||::1|8080|/x|x"},
		{"host:/srv/git/.git", "ssh||host||/srv/git/.git|repository"},
		{"file:///srv/git/x.git", "file||||/srv/git/x.git|x"},
		{"file://host/x", "error: no absolute path"},
		{"https://me:secret@example.com/x", "error: the address holds a user or a password"},
		{"https://token@example.com/x", "error: the address holds a user or a password"},
		{"ssh://me:secret@example.com/x", "error: the address holds a user or a password"},
		{"https://example.com/", "error: has no path"},
		{"https:///x", "error: has no host"},
		{"https://example.com/x?y", "error: query"},
		{"ssh://-oProxyCommand=id/x", "error: option"},
		{"-oProxyCommand=id:x", "error: option"},
		{"-u@host:x", "error: option"},
		{"host:-x", "error: option"},
		{"ext::sh -c id", "error: white space"},
		{"ext::id", "error: helper program"},
		{"git://example.com/x", "error: the kind \"git\""},
		{"/srv/git", "error: not the address"},
		{"./a:b", "error: not the address"},
		{"@host:x", "error: no user"},
		{"", "error: not the address"},
	}
	for _, tt := range tests {
		u, err := Parse(tt.in)
		want, wrong := strings.CutPrefix(tt.want, "error: ")
		if wrong || err != nil {
			if err == nil || !wrong || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %+v, %v; want %q", tt.in, u, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: the error tells the password: %v", tt.in, err)
			}
			continue
		}
		if got := strings.Join([]string{u.Scheme, u.User, u.Host, u.Port, u.Path, u.Name()}, "|"); got != want || u.String() != tt.in {
			t.Errorf("%q: %q, want %q", tt.in, got, want)
		}
	}
}

func TestVCS(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.com/x.git": "git+https://example.com/x.git",
		"ssh://git@example.com/x":   "git+ssh://git@example.com/x",
		"git@example.com:o/x.git":   "git+ssh://git@example.com/o/x.git",
		"file:///srv/x":             "git+file:///srv/x",
	} {
		u, err := Parse(in)
		if err != nil || u.VCS() != want {
			t.Errorf("%q: %q, %v; want %q", in, u.VCS(), err, want)
		}
	}
}

func TestSubmodule(t *testing.T) {
	tests := []struct{ of, ref, want string }{
		{"https://example.com/team/x.git", "../y.git", "https://example.com/team/y.git"},
		{"https://example.com/team/x.git/", "../../other/y", "https://example.com/other/y"},
		{"https://example.com/x.git", "./sub", "https://example.com/x.git/sub"},
		{"https://example.com/x.git", "../y", "https://example.com/y"},
		{"https://example.com/x.git", "../../y", "error: climbs"},
		{"git@example.com:team/x.git", "../y.git", "git@example.com:team/y.git"},
		{"git@example.com:x.git", "../y.git", "git@example.com:y.git"},
		{"file:///srv/x", "../y", "file:///srv/y"},
		{"file:///srv/x", "file:///other/y", "file:///other/y"},
		{"https://example.com/x", "file:///etc", "error: from elsewhere"},
		{"https://example.com/x", "/etc", "error: not the address"},
		{"https://example.com/x", "https://other.example/z", "https://other.example/z"},
		{"https://example.com/x", "ext::id", "error: helper"},
	}
	for _, tt := range tests {
		u, err := Parse(tt.of)
		if err != nil {
			t.Fatal(err)
		}
		sub, err := u.Submodule(tt.ref)
		want, wrong := strings.CutPrefix(tt.want, "error: ")
		if wrong != (err != nil) || wrong && !strings.Contains(err.Error(), want) || !wrong && sub.String() != want {
			t.Errorf("%q of %q: %v, %v; want %q", tt.ref, tt.of, sub, err, tt.want)
		}
	}
}

func TestCheckRef(t *testing.T) {
	for name, good := range map[string]bool{
		"v1.0": true, "release/1.x": true, "ä": true, "a@b": true,
		"": false, "-v": false, "a b": false, "a..b": false, "a.lock": false, "a/.b": false, "a^": false, "a:b": false, "/a": false, "a/": false, "a//b": false, "@": false, "a@{1}": false, "a\n": false, "a.": false,
	} {
		if err := CheckRef(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// What parses is never an option, a command or a file of this machine unless it
// says so, and its submodules are none either.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"https://a/b.git", "git@h:p", "ssh://u@h:22/~p", "file:///x", "ext::id", "[::1]:p", "u@[fe80::1]:p"} {
		f.Add(s, "../y")
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, s, ref string) {
		u, err := Parse(s)
		if err != nil {
			return
		}
		safe(t, u)
		u.Name()
		u.VCS()
		sub, err := u.Submodule(ref)
		if err != nil {
			return
		}
		safe(t, sub)
		if sub.Scheme == File && u.Scheme != File {
			t.Errorf("%q names %q", s, sub)
		}
	})
}

func safe(t *testing.T, u URL) {
	t.Helper()
	again, err := Parse(u.String())
	if err != nil || again != u {
		t.Errorf("%+v is %+v when it is read again, %v", u, again, err)
	}
	for _, part := range []string{u.User, u.Host, u.Path} {
		if strings.HasPrefix(part, "-") || strings.ContainsAny(part, "\n\x00") {
			t.Errorf("%+v", u)
		}
	}
	if u.Scheme != File && u.Host == "" {
		t.Errorf("%+v", u)
	}
}
