package usher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
	"golang.org/x/sys/unix"
)

var (
	_ fs.ReadDirFS  = (*Files)(nil)
	_ fs.StatFS     = (*Files)(nil)
	_ fs.ReadLinkFS = (*Files)(nil)
)

func TestMain(m *testing.M) {
	if name := os.Getenv("ASHLAR_TEST_HELPER"); name != "" {
		helperMain(name)
	}
	os.Exit(m.Run())
}

// helperMain is the program that Run starts again.
func helperMain(name string) {
	c, err := Connect()
	if err != nil || c == nil {
		fmt.Println("connect:", c, err)
		os.Exit(99)
	}
	switch name {
	case "exit":
		os.Exit(7)
	case "signal":
		unix.Kill(os.Getpid(), unix.SIGKILL)
	case "wait":
		time.Sleep(time.Hour)
	case "work":
		work(c)
	case "container":
		if err := helpContainer(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(0)
}

// work does what the ordinary user could not do alone, and what nobody should.
func work(c *Client) {
	groups, _ := os.Getgroups()
	fmt.Println("user", os.Getuid(), os.Getgid(), groups)
	fmt.Println("variable", os.Getenv(socketVariable) == "")
	in, err := c.Open("in")
	fmt.Println("open", err)
	text, err := fs.ReadFile(in, "secret")
	fmt.Printf("read %q %v\n", text, err)
	near, err := c.Open("near")
	fmt.Println("open", err, in.b.(*remote).near == nil, near.b.(*remote).near != nil)
	for _, name := range []string{"sub/public", "sub/secret", "hidden/public", "absent"} {
		text, err := fs.ReadFile(near, name)
		fmt.Printf("near %q %v\n", text, errors.Is(err, fs.ErrNotExist))
	}
	_, err = in.Create("x", 0o644)
	fmt.Println("create in in:", err)
	_, err = c.Open("etc")
	fmt.Println("open etc:", err)
	out, err := c.Open("out")
	fmt.Println("open", err)
	fmt.Println("mkdir", out.MkdirAll("a/b", 0o755))
	w, err := out.Create("a/b/file", 0o640)
	fmt.Println("create", err)
	fmt.Fprint(w, "made")
	fmt.Println("close", w.Close())
	w, err = out.Create("unfinished", 0o644)
	fmt.Println("create", err)
	fmt.Fprint(w, "half")
	fmt.Println("rename:", out.b.rename("a/b/file", "moved"))
}

func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"file": "text", "sub/one": "1", "sub/two": "2"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("sub/one", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// both opens a directory by itself and through an usher.
func both(t *testing.T, test func(t *testing.T, f *Files, dir string)) {
	t.Run("local", func(t *testing.T) {
		dir := tree(t)
		f, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		test(t, f, dir)
	})
	t.Run("remote", func(t *testing.T) {
		dir := tree(t)
		c, end := connect(t, map[string]Dir{"d": {Path: dir, Write: true}})
		defer end()
		f, err := c.Open("d")
		if err != nil {
			t.Fatal(err)
		}
		test(t, f, dir)
	})
}

// connect serves directories in this process.
func connect(t *testing.T, dirs map[string]Dir) (c *Client, end func()) {
	t.Helper()
	open, err := openDirs(dirs)
	if err != nil {
		t.Fatal(err)
	}
	server, other, err := fdconn.Pair()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); serve(server, open, Options{}) }()
	conn, err := fdconn.New(other)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{conn: conn}, func() { conn.Close(); <-done; server.Close() }
}

func TestFS(t *testing.T) {
	both(t, func(t *testing.T, f *Files, _ string) {
		if err := fstest.TestFS(f, "file", "sub/one", "sub/two"); err != nil {
			t.Error(err)
		}
		if target, err := f.ReadLink("link"); target != "sub/one" || err != nil {
			t.Errorf("readlink: %q, %v", target, err)
		}
	})
}

func TestErrors(t *testing.T) {
	both(t, func(t *testing.T, f *Files, dir string) {
		if err := os.Symlink("/etc/hostname", filepath.Join(dir, "out")); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			name string
			err  error  // or
			text string // part of the message
		}{
			{"nosuch", fs.ErrNotExist, ""},
			{"file/below", syscall.ENOTDIR, ""},
			{"../x", fs.ErrInvalid, ""},
			{"/etc/hostname", fs.ErrInvalid, ""},
			{"out", nil, "path escapes from parent"},
			{"fifo", nil, "not a regular file"},
		}
		for _, test := range tests {
			_, err := f.Open(test.name)
			if err == nil || test.err != nil && !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("open %s: %v, want %v%s", test.name, err, test.err, test.text)
			}
		}
	})
}

func TestCreate(t *testing.T) {
	both(t, func(t *testing.T, f *Files, dir string) {
		w, err := f.Create("sub/new", 0o600)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "new")
		if _, err := f.Stat("sub/new"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("before close: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if text, err := fs.ReadFile(f, "sub/new"); string(text) != "new" || err != nil {
			t.Errorf("after close: %q, %v", text, err)
		}
		if err := w.Close(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("second close: %v", err)
		}
		if err := w.Abort(); err != nil {
			t.Errorf("abort after close: %v", err)
		}
		w, err = f.Create("file", 0o600)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "never")
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
		if text, _ := fs.ReadFile(f, "file"); string(text) != "text" {
			t.Errorf("after abort: %q", text)
		}
		if err := f.MkdirAll("p/q", 0o755); err != nil {
			t.Error(err)
		}
		if err := f.Remove("sub/two"); err != nil {
			t.Error(err)
		}
		names := ""
		filepath.WalkDir(dir, func(name string, _ fs.DirEntry, _ error) error {
			names += strings.TrimPrefix(name, dir) + "\n"
			return nil
		})
		if want := "\n/file\n/link\n/p\n/p/q\n/sub\n/sub/new\n/sub/one\n"; names != want {
			t.Errorf("left: %q, want %q", names, want)
		}
	})
}

// What a client that dies has not finished is not there afterwards.
func TestUnfinished(t *testing.T) {
	dir := t.TempDir()
	c, end := connect(t, map[string]Dir{"d": {Path: dir, Write: true}})
	f, err := c.Open("d")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create("x", 0o644); err != nil {
		t.Fatal(err)
	}
	end()
	if list, err := os.ReadDir(dir); len(list) > 0 || err != nil {
		t.Errorf("left: %v, %v", list, err)
	}
}

func TestReadOnly(t *testing.T) {
	c, end := connect(t, map[string]Dir{"d": {Path: tree(t)}})
	defer end()
	f, err := c.Open("d")
	if err != nil {
		t.Fatal(err)
	}
	_, createErr := f.Create("x", 0o644)
	for _, err := range []error{createErr, f.MkdirAll("x", 0o755), f.Remove("file"),
		f.b.rename("file", "x")} {
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want a refusal", err)
		}
	}
	if _, err := c.Open("other"); err == nil || !strings.Contains(err.Error(), `no directory "other"`) {
		t.Errorf("open other: %v", err)
	}
}

// as runs a helper as another user; only root can.
func as(t *testing.T, name string, dirs map[string]Dir) (string, int, error) {
	t.Helper()
	return asUser(t, name, dirs, 0)
}

func asUser(t *testing.T, name string, dirs map[string]Dir, id int) (string, int, error) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = out
	defer func() { os.Stdout = stdout }()
	status, err := Run(t.Context(), Options{UID: id, GID: id, Dirs: dirs, Args: []string{}, Env: []string{"ASHLAR_TEST_HELPER=" + name}})
	text, readErr := os.ReadFile(out.Name())
	if readErr != nil {
		t.Fatal(readErr)
	}
	return string(text), status, err
}

func TestRun(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(in, "secret"), []byte("for root"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(in, 0o700); err != nil {
		t.Fatal(err)
	}
	near := filepath.Join(in, "near")
	for name, mode := range map[string]fs.FileMode{"sub/public": 0o644, "sub/secret": 0o600, "hidden/public": 0o644} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(near, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(near, name), []byte(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(near, "hidden"), 0o700); err != nil {
		t.Fatal(err)
	}
	text, status, err := as(t, "work", map[string]Dir{"in": {Path: in}, "near": {Path: near}, "out": {Path: out, Write: true}})
	if status != 0 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
	uid, gid := BuildUser()
	want := fmt.Sprintf(`user %d %d []
variable true
open <nil>
read "for root" <nil>
open <nil> true true
near "sub/public" false
near "sub/secret" false
near "hidden/public" false
near "" true
create in in: create x: read-only file system
open etc: dir .: no directory "etc"
open <nil>
mkdir <nil>
create <nil>
close <nil>
create <nil>
rename: rename a/b/file: not a file that was created here
`, uid, gid)
	if text != want {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
	list, err := os.ReadDir(out)
	if len(list) != 1 || err != nil {
		t.Errorf("in out: %v, %v", list, err)
	}
	i, err := os.Stat(filepath.Join(out, "a/b/file"))
	if err != nil || i.Mode() != 0o640 || i.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("file: %v, %v", i, err)
	}
}

func TestRunStatus(t *testing.T) {
	if _, status, err := as(t, "exit", nil); status != 7 || err != nil {
		t.Errorf("exit: %d, %v", status, err)
	}
	if _, status, err := as(t, "signal", nil); status != 137 || err != nil {
		t.Errorf("signal: %d, %v", status, err)
	}
}

func TestRunPassesSignals(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	timer := time.AfterFunc(300*time.Millisecond, func() { unix.Kill(os.Getpid(), unix.SIGTERM) })
	defer timer.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	status, err := Run(ctx, Options{Args: []string{}, Env: []string{"ASHLAR_TEST_HELPER=wait"}})
	if status != 143 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
}

func TestConnectWithout(t *testing.T) {
	if c, err := Connect(); c != nil || err != nil {
		t.Errorf("Connect() = %v, %v", c, err)
	}
	t.Setenv(socketVariable, "x")
	if _, err := Connect(); err == nil {
		t.Error("Connect() with a bad variable: no error")
	}
}

func TestBuildUser(t *testing.T) {
	if uid, gid := BuildUser(); uid == 0 || gid == 0 {
		t.Errorf("BuildUser() = %d, %d", uid, gid)
	}
}
