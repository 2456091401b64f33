package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/git/gittest"
	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// failure is what a call failed for, with its remedy.
func failure(t *testing.T, err error) string {
	t.Helper()
	var e *fetch.GitError
	if !errors.As(err, &e) {
		t.Fatalf("not a *fetch.GitError: %v", err)
	}
	return e.Error() + "; " + e.Remedy
}

// A private repository opens to the right password, which is in no message, and goes
// to no other host.
func TestLogin(t *testing.T) {
	dir := t.TempDir()
	commit := gittest.New(t, filepath.Join(dir, "r")).Write("a", "1").Commit("one")
	const secret = "hush-hush"
	private := gittest.Private("robot", secret, gittest.Backend(t, dir))
	address := gittest.Serve(t, private) + "/r"
	var mu sync.Mutex
	var leaked []string
	other := gittest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("Authorization") != "" {
			leaked = append(leaked, r.URL.Path)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="other"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	redirects := gittest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other+r.URL.RequestURI(), http.StatusMovedPermanently)
	}))
	login := func(name, password string) func(context.Context, string) (string, string, error) {
		return func(context.Context, string) (string, string, error) { return name, password, nil }
	}
	tests := []struct {
		name, address string
		login         func(context.Context, string) (string, string, error)
		want          string
	}{
		{"right", address, login("robot", secret), ""},
		{"none", address, nil, `127.0.0.1 asks for a name and a password; write [secret.NAME] host = "127.0.0.1" into the recipe and tell the secret, or put a name and a password into ~/.netrc`},
		{"empty", address, login("", ""), "127.0.0.1 asks for a name and a password; "},
		{"wrong", address, login("robot", secret+"!"), "127.0.0.1 does not take the name and password that it was sent; look at the secret or the netrc entry for 127.0.0.1"},
		{"nobody tells it", address, func(context.Context, string) (string, string, error) {
			return "", "", errors.New("nobody told the secret x")
		}, "nobody told the secret x; "},
		{"redirected", redirects + "/r", login("robot", secret), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t)
			c.Login = tt.login
			err := c.Export(t.Context(), tt.address, fetch.GitTree{Commit: commit}, io.Discard)
			if tt.want == "" && tt.name == "right" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			got := failure(t, err)
			if !strings.HasPrefix(got, tt.want) || strings.Contains(got, secret) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	mu.Lock()
	defer mu.Unlock()
	if leaked != nil {
		t.Errorf("the password went to another host: %q", leaked)
	}
}

// What servers that do not work do, and what is said of it.
func TestServersThatFail(t *testing.T) {
	dir := t.TempDir()
	gittest.New(t, filepath.Join(dir, "r")).Commit("one")
	status := func(code int) string {
		return gittest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })) + "/r"
	}
	for address, want := range map[string]string{
		"http://127.0.0.1:1/r":                                    "nobody answers there; look at the network",
		"http://host.invalid/r":                                   "host host.invalid has no address; look at the network",
		gittest.Serve(t, gittest.Backend(t, dir)) + "/none":       "there is no repository, or none for who asks; correct the address",
		status(http.StatusServiceUnavailable):                     "unable to access ",
		status(http.StatusTooManyRequests):                        "the server answers 429 Too Many Requests; try again later",
		status(http.StatusForbidden):                              "127.0.0.1 asks for a name and a password; ",
		gittest.Serve(t, http.NotFoundHandler()) + "/r":           "there is no repository, or none for who asks; correct the address",
		"file://" + dir + "/none":                                 "there is no repository; correct the address",
		strings.Replace(status(200), "http://", "https://", 1):    "",
		gittest.Serve(t, http.FileServer(http.Dir(dir))) + "/r/x": "there is no repository, or none for who asks; ",
	} {
		_, err := newClient(t).Resolve(t.Context(), address, "v1", "")
		if got := failure(t, err); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got  %s\nwant %s", address, got, want)
		}
	}
}

// ssh is the caller's own, with its agent; what it does not like is told.
func TestSSH(t *testing.T) {
	dir := t.TempDir()
	r := gittest.New(t, filepath.Join(dir, "it's"))
	commit := r.Write("a", "1").Commit("one")
	gittest.New(t, filepath.Join(dir, "sub")).Write("s", "sub").Commit("sub")
	r.Git("submodule", "--quiet", "add", "../sub")
	both := r.Commit("two")
	s := gittest.StartSSH(t)
	t.Setenv("PATH", s.Bin+":"+os.Getenv("PATH"))
	t.Setenv("SSH_AUTH_SOCK", "")
	t.Setenv("GIT_DIR", dir) // as in a hook
	address, c := s.Host+r.Dir, newClient(t)
	who, port, _ := strings.Cut(strings.TrimPrefix(s.Host, "ssh://"), ":")
	where := "-p " + port + " " + who
	fails := func(want string) {
		t.Helper()
		_, err := c.Resolve(t.Context(), address, "", "main")
		if got := failure(t, err); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	fails("nobody has confirmed the host key of 127.0.0.1; connect once with `ssh " + where + "`, and compare the key with the one that its owners publish")
	s.Mistrust(t)
	fails("127.0.0.1 has another host key than the one in known_hosts; ask its owners whether they changed it; then `ssh-keygen -R '[127.0.0.1]:" + port + "'`, and connect once with ssh")
	s.Trust(t)
	fails("127.0.0.1 knows none of the keys that ssh offers; look at `ssh-add -l`, and try `ssh -T " + where + "`")
	t.Setenv("SSH_AUTH_SOCK", s.Agent)
	if got, err := c.Resolve(t.Context(), address, "", "main"); got != both || err != nil {
		t.Fatalf("%s, %v; want %s", got, err, both)
	}
	for _, want := range []string{commit, both} {
		over, found := write(t, c, address, fetch.GitTree{Commit: want})
		here, _ := write(t, c, r.URL(), fetch.GitTree{Commit: want})
		if string(over) != string(here) {
			t.Errorf("%s: other bytes: %s", want, listing(t, over))
		}
		if want == both && (len(found.Modules) != 1 || found.Modules[0].URL != s.Host+dir+"/sub") {
			t.Errorf("modules %+v", found.Modules)
		}
	}
	address = s.Host + "/none"
	fails("there is no repository; correct the address")
	t.Setenv("PATH", filepath.Join(dir, "nothing"))
	fails("the program git is not installed; apt-get install git")
	left(t, c)
}

func TestDialArgs(t *testing.T) {
	const options = "ssh -T -x -a -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -o ClearAllForwardings=yes -o PermitLocalCommand=no -o SendEnv=GIT_PROTOCOL "
	for address, want := range map[string]string{
		"git@example.com:o/r.git":          options + "-l git -- example.com git-upload-pack 'o/r.git'",
		"ssh://example.com:2222/~me/it's!": options + `-p 2222 -- example.com git-upload-pack '~me/it'\''s'\!''`,
		"ssh://[::1]/$(id)":                options + "-- ::1 git-upload-pack '/$(id)'",
		"file:///srv/r":                    "git upload-pack /srv/r",
		"https://example.com/r":            "no program speaks for https://example.com/r",
	} {
		u, err := giturl.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		args, err := dialArgs(u)
		got := strings.Join(args, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got  %s\nwant %s", address, got, want)
		}
	}
}

// Nothing of a hook's or a secret's variables gets to the other side's program, and
// all else does.
func TestDialEnv(t *testing.T) {
	got := strings.Join(dialEnv([]string{"HOME=/h", "GIT_DIR=/x", "GIT_SSH_COMMAND=x", "GIT_CONFIG_GLOBAL=/c", "ASHLAR_SECRET_X=y", "SSH_AUTH_SOCK=/a", "LC_ALL=de_DE"}), " ")
	if want := "GIT_PROTOCOL=version=2 LC_ALL=C HOME=/h GIT_CONFIG_GLOBAL=/c SSH_AUTH_SOCK=/a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestJudge(t *testing.T) {
	https, _ := giturl.Parse("https://example.com/r.git")
	ssh, _ := giturl.Parse("git@example.com:r.git")
	file, _ := giturl.Parse("file:///srv/r")
	tests := []struct {
		u     giturl.URL
		text  string
		want  string
		again bool
	}{
		{https, "remote: Repository not found.\nfatal: repository 'https://example.com/r.git/' not found\n", `there is no repository, or none for who asks; correct the address, or write [secret.NAME] host = "example.com" if it is private`, false},
		{https, "fatal: unable to access 'https://example.com/r.git/': server certificate verification failed. CAfile: none CRLfile: none", "unable to access 'https://example.com/r.git/': server certificate verification failed. CAfile: none CRLfile: none; add the authority's certificate to the system's, or name its file in SSL_CERT_FILE, and look at this machine's clock", false},
		{https, "fatal: unable to access 'https://example.com/r.git/': The requested URL returned error: 502", "unable to access 'https://example.com/r.git/': The requested URL returned error: 502; try again later", true},
		{https, "error: RPC failed; curl 92\nfatal: early EOF\n", "the connection broke; try again later", true},
		{ssh, "bash: git-upload-pack: command not found\nfatal: the remote end hung up", "example.com has no git for who logs in; correct the address", false},
		{ssh, "ssh: connect to host example.com port 22: Connection refused", "nobody listens there; look at the network and the proxy variables, or name another address", true},
		{ssh, "Received disconnect: Too many authentication failures", "example.com knows none of the first keys that ssh offers; write IdentitiesOnly and IdentityFile for it into ~/.ssh/config", false},
		{file, "fatal: detected dubious ownership in repository at '/srv/r'", "git does not read it, because it is another user's; git config --global --add safe.directory /srv/r", false},
		{https, "remote: \x1b[31mevil\x1b[0m 100% here\n", "[31mevil[0m 100% here; ", true},
		{https, "fatal: 100%h of it", "100%h of it; ", true},
		{https, "", "git failed and said nothing; ", true},
	}
	for _, tt := range tests {
		e := judge(tt.u, tt.text, false)
		if got := e.Error() + "; " + e.Remedy; got != tt.want || e.Again != tt.again {
			t.Errorf("%q: got  %s, %v\nwant %s", tt.text, got, e.Again, tt.want)
		}
	}
	for text, want := range map[string]error{
		"fatal: remote error: upload-pack: not our ref 0":                errAbsent,
		"error: Server does not allow request for unadvertised object 0": errRefused,
		"fatal: couldn't find remote ref 0":                              errRefused,
		"fatal: want 0 not valid":                                        errRefused,
	} {
		if e := judge(https, text, false); !errors.Is(e, want) {
			t.Errorf("%q: %v", text, e)
		}
	}
}

// Submodules that want something else than a repository from where the parent is.
func TestHostileSubmodules(t *testing.T) {
	dir := t.TempDir()
	gittest.New(t, filepath.Join(dir, "sub")).Write("s", "sub").Commit("sub")
	r := gittest.New(t, filepath.Join(dir, "r"))
	r.Git("submodule", "--quiet", "add", "../sub", "s")
	address := gittest.Serve(t, gittest.Backend(t, dir)) + "/r"
	for text, want := range map[string]string{
		"[submodule \"s\"]\n\tpath = s\n\turl = file:///etc\n":            `submodule s: "file:///etc" is a directory of this machine, which a repository from elsewhere may not name; submodules = false leaves them out`,
		"[submodule \"s\"]\n\tpath = s\n\turl = ext::sh\n":                `submodule s: "ext::sh" names a helper program of git; submodules = false leaves them out`,
		"[submodule \"s\"]\n\tpath = s\n\turl = ../../../x\n":             `submodule s: "../../../x" climbs out of ` + address + `; submodules = false leaves them out`,
		"[submodule \"s\"]\n\tpath = other\n\turl = ../sub\n":             "it has a submodule at s, and its .gitmodules does not say where that is from; submodules = false leaves them out, or ask its owners",
		"[submodule \"s\"]\n\tpath = s\n\turl = ../none\n":                fmt.Sprintf("submodule s of %s: there is no repository, or none for who asks; correct the address, or leave submodules out with submodules = false", strings.TrimSuffix(address, "r")+"none"),
		"[submodule \"s\"]\n\tpath = s\n\turl = https://me:pw@x.example/": "submodule s: the address holds a user or a password; submodules = false leaves them out",
	} {
		commit := r.Write(".gitmodules", text).Commit("x")
		got := failure(t, newClient(t).Export(t.Context(), address, fetch.GitTree{Commit: commit}, io.Discard))
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	commit := r.Write(".gitmodules", "[submodule").Commit("x")
	if got := failure(t, newClient(t).Export(t.Context(), address, fetch.GitTree{Commit: commit}, io.Discard)); !strings.Contains(got, ".gitmodules") {
		t.Errorf("got %s", got)
	}
}

// Trees with names that no honest repository has do not come through.
func TestHostileTrees(t *testing.T) {
	for _, name := range []string{"..", ".git", ".GIT", "."} {
		r := gittest.New(t, filepath.Join(t.TempDir(), "r"))
		r.Write("a", "1").Commit("one")
		raw := "100644 " + name + "\x00" + rawObject(t, r.Git("rev-parse", "HEAD:a"))
		if err := os.WriteFile(filepath.Join(r.Dir, "raw"), []byte(raw), 0o644); err != nil {
			t.Fatal(err)
		}
		tree := r.Git("hash-object", "-t", "tree", "--literally", "-w", "raw")
		commit := r.Git("commit-tree", "-m", "x", tree)
		r.Git("update-ref", "refs/heads/evil", commit)
		if err := newClient(t).Export(t.Context(), r.URL(), fetch.GitTree{Commit: commit}, io.Discard); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
}

func rawObject(t *testing.T, hex string) string {
	t.Helper()
	var raw []byte
	if _, err := fmt.Sscanf(hex, "%x", &raw); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
