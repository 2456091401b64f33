package git

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/git/gittest"
	"github.com/ashlar-build/ashlar/buildroot/store"
)

func newClient(t testing.TB) *Client {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "store"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &Client{Store: s}
}

// listing is an archive as text, and its digest.
func listing(t *testing.T, data []byte) string {
	t.Helper()
	var b strings.Builder
	r := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname+h.Gname != "" || h.ModTime.Unix() != 1706933106 {
			t.Errorf("%s: %+v", h.Name, h)
		}
		fmt.Fprintf(&b, "%c %04o %s %s%q\n", h.Typeflag, h.Mode, h.Name, h.Linkname, text)
	}
}

func write(t *testing.T, c *Client, address string, tree fetch.GitTree) ([]byte, Found) {
	t.Helper()
	var b bytes.Buffer
	found, err := c.Write(t.Context(), address, address, tree, &b)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return b.Bytes(), found
}

// family makes repositories below dir: app has lib as a submodule, which has leaf.
func family(t *testing.T, dir string) (app *gittest.Repo, commit string) {
	t.Helper()
	gittest.New(t, filepath.Join(dir, "leaf")).Write("l", "leaf\n").Commit("leaf")
	lib := gittest.New(t, filepath.Join(dir, "lib")).Write("sub/a", "lib\n")
	lib.Git("submodule", "--quiet", "add", "../leaf", "deep/leaf")
	lib.Commit("lib")
	app = gittest.New(t, filepath.Join(dir, "app")).Write("run", "#!/bin/sh\n$Format:%H$\r\n").Write("doc/x", "x\n").Write("doc.a", "").
		Write(".gitattributes", "run export-subst text eol=crlf\ndoc export-ignore\n* filter=lfs\n").Write(strings.Repeat("long/", 30)+"name", "n").
		Write("big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
	for link, target := range map[string]string{"link": "run", "out": "/etc/passwd"} {
		if err := os.Symlink(target, filepath.Join(app.Dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(app.Dir, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	app.Git("submodule", "--quiet", "add", "../lib", "vendor/lib")
	return app, app.Commit("app")
}

const familyListing = `5 0755 tree/ ""
0 0644 tree/.gitattributes "run export-subst text eol=crlf\ndoc export-ignore\n* filter=lfs\n"
0 0644 tree/.gitmodules "[submodule \"vendor/lib\"]\n\tpath = vendor/lib\n\turl = ../lib\n"
0 0644 tree/big.bin "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
0 0644 tree/doc.a ""
0 0644 tree/doc/x "x\n"
2 0777 tree/link run""
0 0644 tree/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/name "n"
2 0777 tree/out /etc/passwd""
0 0755 tree/run "#!/bin/sh\n$Format:%H$\n"
5 0755 tree/vendor/lib/ ""
0 0644 tree/vendor/lib/.gitmodules "[submodule \"deep/leaf\"]\n\tpath = deep/leaf\n\turl = ../leaf\n"
5 0755 tree/vendor/lib/deep/leaf/ ""
0 0644 tree/vendor/lib/deep/leaf/l "leaf\n"
0 0644 tree/vendor/lib/sub/a "lib\n"
`

// The bytes of a commit are the same wherever they come from and however that
// packs them. This digest is what locks hold: it may never change.
const familyDigest = "2f5678feb08856b3f931df66cc400d1c4f8cf9cf39345e0fd3c87eab421a6e2a"

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	app, commit := family(t, dir)
	c := newClient(t)
	first, found := write(t, c, app.URL(), fetch.GitTree{Commit: commit})
	if got := listing(t, first); got != familyListing {
		t.Errorf("got\n%swant\n%s", got, familyListing)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(first)); got != familyDigest {
		t.Errorf("digest %s, want %s", got, familyDigest)
	}
	if m := found.Modules; len(m) != 2 || m[0].Path != "vendor/lib" || m[1].Path != "vendor/lib/deep/leaf" || m[1].URL != "file://"+dir+"/leaf" {
		t.Errorf("modules %+v", m)
	}
	if len(found.Pointers) != 1 || found.Pointers[0] != "big.bin" {
		t.Errorf("pointers %q", found.Pointers)
	}

	app.Git("repack", "-q", "-a", "-d", "-f", "--depth=50")
	app.Git("pack-refs", "--all")
	for _, name := range []string{"app", "lib", "leaf"} {
		r := &gittest.Repo{}
		*r = *app
		r.Dir = filepath.Join(dir, name)
		r.Git("update-server-info")
	}
	bare := t.TempDir()
	for _, name := range []string{"app", "lib", "leaf"} {
		app.Git("clone", "-q", "--bare", filepath.Join(dir, name), filepath.Join(bare, name))
	}
	backend := gittest.Backend(t, dir)
	for name, address := range map[string]string{
		"packed": app.URL(), "bare": "file://" + bare + "/app", "http": gittest.Serve(t, backend) + "/app",
		"http, old": gittest.Serve(t, gittest.Old(backend)) + "/app/", "http, dumb": gittest.Serve(t, dumb(dir)) + "/app",
	} {
		again, _ := write(t, c, address, fetch.GitTree{Commit: commit, Branch: "main"})
		if !bytes.Equal(again, first) {
			t.Errorf("%s: other bytes:\n%s", name, listing(t, again))
		}
	}
	left(t, c)
}

// dumb serves work trees' repositories as files.
func dumb(dir string) http.Handler {
	files := gittest.Dumb(dir)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		r.URL.Path = "/" + name + "/.git/" + rest
		files.ServeHTTP(w, r)
	})
}

// left fails if a call left anything in the store.
func left(t *testing.T, c *Client) {
	t.Helper()
	filepath.WalkDir(c.Store.Dir(), func(file string, d os.DirEntry, err error) error {
		if strings.Contains(file, "scratch-git") {
			t.Errorf("left behind: %s", file)
			return filepath.SkipAll
		}
		return nil
	})
}

func TestWithoutSubmodules(t *testing.T) {
	app, commit := family(t, t.TempDir())
	data, found := write(t, newClient(t), app.URL(), fetch.GitTree{Commit: commit, NoSubmodules: true})
	if got := listing(t, data); !strings.HasSuffix(got, "5 0755 tree/vendor/lib/ \"\"\n") || found.Modules != nil {
		t.Errorf("%s%+v", got, found)
	}
}

// A repository whose objects have SHA-256 names, a file whose name is no UTF-8, and
// an empty tree.
func TestOddRepositories(t *testing.T) {
	c := newClient(t)
	r := gittest.New(t, filepath.Join(t.TempDir(), "r"), "--object-format=sha256").Write("caf\xe9", "x")
	commit := r.Commit("one")
	if data, _ := write(t, c, r.URL(), fetch.GitTree{Commit: commit}); len(commit) != 64 || !strings.Contains(listing(t, data), "tree/caf\xe9 ") {
		t.Errorf("%s: %s", commit, listing(t, data))
	}
	r = gittest.New(t, filepath.Join(t.TempDir(), "r"))
	commit = r.Commit("empty")
	if data, _ := write(t, c, r.URL(), fetch.GitTree{Commit: commit}); listing(t, data) != "5 0755 tree/ \"\"\n" {
		t.Errorf("%s", listing(t, data))
	}
}

func TestResolve(t *testing.T) {
	r := gittest.New(t, filepath.Join(t.TempDir(), "r"))
	one := r.Commit("one")
	r.Git("tag", "v1.0.0")
	r.Git("tag", "-a", "-m", "x", "v1.0.1")
	r.Git("tag", "release/v1.0.1")
	r.Git("branch", "stable")
	two := r.Commit("two")
	tests := []struct{ tag, branch, want string }{
		{"v1.0.0", "", one}, {"v1.0.1", "", one}, {"", "main", two}, {"", "stable", one},
		{"v1.0.2", "", `it has no tag v1.0.2; did you mean v1.0.0 or v1.0.1?`},
		{"1.0.1", "", `it has no tag 1.0.1; did you mean release/v1.0.1 or v1.0.1 or v1.0.0?`},
		{"", "v1.0.0", `it has no branch v1.0.0, but a tag of that name; write tag = "v1.0.0"`},
		{"stable", "", `it has no tag stable, but a branch of that name; write branch = "stable"`},
		{"", "elsewhere", "it has no branch elsewhere; `git ls-remote --heads` lists those that it has"},
	}
	c := newClient(t)
	for _, tt := range tests {
		got, err := c.Resolve(t.Context(), r.URL(), tt.tag, tt.branch)
		var e *fetch.GitError
		if errors.As(err, &e) {
			got = e.Error() + "; " + e.Remedy
		}
		if got != tt.want {
			t.Errorf("%s%s: got  %s, %v\nwant %s", tt.tag, tt.branch, got, err, tt.want)
		}
	}
	left(t, c)
}

// Commits that are no longer at a tag or branch, of servers that give them and of
// those that do not.
func TestOlderCommits(t *testing.T) {
	dir := t.TempDir()
	r := gittest.New(t, filepath.Join(dir, "r"))
	one := r.Write("a", "1").Commit("one")
	r.Write("a", "2").Commit("two")
	r.Git("checkout", "-q", "-b", "side")
	side := r.Write("a", "3").Commit("side")
	r.Git("checkout", "-q", "main")
	r.Write("a", "4").Commit("four")
	backend := gittest.Backend(t, dir)
	r.Git("update-server-info")
	c := newClient(t)
	for name, address := range map[string]string{
		"new": gittest.Serve(t, backend) + "/r", "old": gittest.Serve(t, gittest.Old(backend)) + "/r", "dumb": gittest.Serve(t, dumb(dir)) + "/r",
	} {
		for _, tree := range []fetch.GitTree{{Commit: one}, {Commit: one, Branch: "main"}, {Commit: side, Branch: "main"}, {Commit: side, Tag: "gone"}} {
			data, _ := write(t, c, address, tree)
			want := `tree/a "1"`
			if tree.Commit == side {
				want = `tree/a "3"`
			}
			if got := listing(t, data); !strings.Contains(got, want) {
				t.Errorf("%s: %+v: %s", name, tree, got)
			}
		}
	}
}

// What a commit is not.
func TestWrongCommits(t *testing.T) {
	dir := t.TempDir()
	r := gittest.New(t, filepath.Join(dir, "r"))
	one := r.Write("a", "1").Commit("one")
	r.Git("tag", "-a", "-m", "x", "v1")
	object, tree := r.Git("rev-parse", "v1"), r.Git("rev-parse", "v1^{tree}")
	gone := strings.Repeat("0123456789", 4)
	c := newClient(t)
	for _, tt := range []struct {
		tree fetch.GitTree
		want string
	}{
		{fetch.GitTree{Commit: object}, fmt.Sprintf("%s is a tag, and no commit; write commit = %q", object, one)},
		{fetch.GitTree{Commit: tree}, tree + " is a tree, and no commit; git rev-parse prints the name of a commit"},
		{fetch.GitTree{Commit: gone}, "it has no commit " + gone + "; correct the commit, or the address"},
		{fetch.GitTree{Commit: gone, Tag: "v1"}, fmt.Sprintf("it has no commit %s any more: tag v1 was moved to %s; look at what was changed; `ashlar update` moves the lock to it", gone, one)},
		{fetch.GitTree{Commit: gone, Branch: "x"}, "it has no commit " + gone + " any more, and no branch x; ask its owners, or name another address"},
	} {
		for _, address := range []string{r.URL(), gittest.Serve(t, gittest.Old(gittest.Backend(t, dir))) + "/r"} {
			err := c.Export(t.Context(), address, tt.tree, io.Discard)
			var e *fetch.GitError
			if !errors.As(err, &e) || e.Error()+"; "+e.Remedy != tt.want || e.Again {
				t.Errorf("%s: %+v: got %v\nwant %s", address, tt.tree, err, tt.want)
			}
		}
	}
	left(t, c)
}

// An interruption ends everything at once and leaves nothing.
func TestInterrupted(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	address := gittest.Serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(asked); <-release }))
	defer close(release)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-asked; cancel(why) }()
	c := newClient(t)
	err := c.Export(ctx, address+"/r", fetch.GitTree{Commit: strings.Repeat("0", 40)}, io.Discard)
	if !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	left(t, c)
}
