// Package gittest makes git repositories for tests, and the servers that have them:
// over HTTP as git http-backend and plain files, over ssh as OpenSSH. All of it lies
// in directories of the test and on loopback.
package gittest

import (
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Environ is what git runs with in tests: nobody's configuration, and always the same
// author and time.
func Environ() []string {
	env := []string{
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=protocol.file.allow", "GIT_CONFIG_VALUE_0=always",
		"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH"), "HOME=/nonexistent",
	}
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		env = append(env, "GIT_"+who+"_NAME=Somebody", "GIT_"+who+"_EMAIL=somebody@example.org", "GIT_"+who+"_DATE=2024-02-03T04:05:06Z")
	}
	return env
}

// A Repo is a repository with a work tree.
type Repo struct {
	t   testing.TB
	Dir string
}

// New makes an empty repository in a directory, whose branch is main.
func New(t testing.TB, dir string, args ...string) *Repo {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r := &Repo{t, dir}
	r.Git(append([]string{"init", "-q", "-b", "main"}, args...)...)
	return r
}

// URL is the repository's address on this machine.
func (r *Repo) URL() string { return "file://" + r.Dir }

// Git runs git in the work tree, and returns what it prints.
func (r *Repo) Git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = r.Dir, Environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// Write writes a file of the work tree.
func (r *Repo) Write(name, text string) *Repo {
	r.t.Helper()
	file := filepath.Join(r.Dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// Commit commits all of the work tree, and returns the commit.
func (r *Repo) Commit(message string) string {
	r.t.Helper()
	r.Git("add", "-A")
	r.Git("commit", "-q", "--allow-empty", "-m", message)
	return r.Git("rev-parse", "HEAD")
}

// Backend is git http-backend over the repositories below a directory.
func Backend(t testing.TB, root string) http.Handler {
	t.Helper()
	core, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	return &cgi.Handler{
		Path:   filepath.Join(strings.TrimSpace(string(core)), "git-http-backend"),
		Stderr: io.Discard,
		Env:    append(Environ(), "GIT_PROJECT_ROOT="+root, "GIT_HTTP_EXPORT_ALL=1"),
	}
}

// Serve starts a server for a test, and returns its URL.
func Serve(t testing.TB, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// Private lets those in who know a name and a password.
func Private(name, password string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, p, _ := r.BasicAuth(); n != name || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Old hides from a server that its client knows git's protocol 2: it then gives no
// commit that is not at a tag or branch.
func Old(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Git-Protocol")
		h.ServeHTTP(w, r)
	})
}

// Dumb serves the files of repositories, and knows nothing of git. Their
// update-server-info must have run.
func Dumb(root string) http.Handler { return http.FileServer(http.Dir(root)) }
