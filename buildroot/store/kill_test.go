package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

// The test binary is also the process that is killed or runs out of disk.
const (
	helperEnv = "STORE_TEST_HELPER"
	dirEnv    = "STORE_TEST_DIR"
)

func TestMain(m *testing.M) {
	helper := map[string]func(dir string) error{"churn": churn, "fill": fillDisk, "big": bigFile, "refused": refused}[os.Getenv(helperEnv)]
	if helper == nil {
		os.Exit(m.Run())
	}
	if err := helper(os.Getenv(dirEnv)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func helper(name, dir string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{helperEnv + "=" + name, dirEnv + "=" + dir}
	return cmd
}

// text is the content number n, of a size that differs.
func text(n int) string { return fmt.Sprintf("%d ", n) + strings.Repeat("x", n*997%70000) }

// churn does everything that leaves something on the disk, until it is killed.
func churn(dir string) error {
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	for {
		if err := errors.Join(churnAction(ctx, s, rand.IntN(1000)), churnLeave(ctx, s, rand.IntN(1000))); err != nil {
			return err
		}
	}
}

func churnAction(ctx context.Context, s *store.Store, n int) error {
	unlock, err := s.Lock(ctx, fmt.Sprint("action", n%10))
	if err != nil {
		return err
	}
	defer unlock()
	data := text(n)
	if _, _, err := s.Put(ctx, strings.NewReader(data), ""); err != nil {
		return err
	}
	d, err := s.NewTree()
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(d.Dir(), "root"), 0o700); err != nil {
		return err
	}
	for _, name := range []string{"index", "root/a", "root/b"} {
		if err := os.WriteFile(filepath.Join(d.Dir(), name), []byte(data), 0o400); err != nil {
			return err
		}
	}
	if err := d.Commit(ctx, sum(data)); err != nil {
		return err
	}
	return s.PutResult(ctx, fmt.Sprint(n), store.Result{
		Trees: map[string]string{"t": sum(data)}, Blobs: map[string]string{"b": sum(data)}, Notes: []string{data[:2]},
	})
}

func churnLeave(ctx context.Context, s *store.Store, n int) error {
	c, err := s.Scratch("build")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(c.Dir(), "work/work"), 0o700); err != nil {
		return err
	}
	if n%3 == 0 {
		err = c.Keep("recipe")
	} else {
		err = errors.Join(os.Chmod(filepath.Join(c.Dir(), "work"), 0), c.Close())
	}
	if err != nil {
		return err
	}
	p, err := s.Partial(ctx, fmt.Sprint("p", n%5))
	if err != nil {
		return err
	}
	defer p.Close()
	if _, err := io.WriteString(p, text(n)); err != nil {
		return err
	}
	if n%2 == 0 {
		_, err = p.Commit(ctx, "")
	}
	return err
}

// Two processes at a time are killed at 200 random moments, while a third removes
// what is not used. Whatever has a name is then complete and correct, and nothing
// is left behind.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	for i := range 100 {
		killPair(t, dir)
		if i%20 != 19 {
			continue
		}
		s := open(t, dir)
		checkStore(t, s)
		if _, err := s.GC(t.Context(), store.GCOptions{All: i%40 == 39}); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	s := open(t, dir)
	if checkStore(t, s) == 0 {
		t.Error("nothing was stored: the test proves nothing")
	}
	s.Close()
	s = open(t, dir)
	if _, err := s.GC(t.Context(), store.GCOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	if got := list(t, s); got != "" {
		t.Errorf("left behind:\n%s", got)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 11 {
		t.Errorf("in the store: %v, %v", names, err)
	}
}

func killPair(t *testing.T, dir string) {
	t.Helper()
	var running []*exec.Cmd
	for range 2 {
		cmd := helper("churn", dir)
		var out strings.Builder
		cmd.Stderr = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			cmd.Process.Kill()
			cmd.Wait()
			if out.Len() > 0 {
				t.Errorf("helper: %s", out.String())
			}
		}()
		running = append(running, cmd)
	}
	for range running {
		time.Sleep(time.Duration(rand.IntN(25_000)) * time.Microsecond)
	}
}

// checkStore reads everything that has a name, and counts it.
func checkStore(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	each := func(dir string, check func(name string) error) {
		names, err := os.ReadDir(filepath.Join(s.Dir(), dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			n++
			if err := check(name.Name()); err != nil {
				t.Errorf("%s/%s: %v", dir, name.Name(), err)
			}
		}
	}
	each("blobs", func(name string) error { return s.Verify(t.Context(), name) })
	each("trees", func(name string) error {
		for _, f := range []string{"index", "root/a", "root/b"} {
			data, err := os.ReadFile(filepath.Join(s.Dir(), "trees", name, f))
			if err != nil || sum(string(data)) != name {
				return fmt.Errorf("%s is not whole: %w", f, err)
			}
		}
		return nil
	})
	each("results", func(name string) error {
		r, ok, err := s.Result(name)
		if err != nil || !ok || len(r.Trees) != 1 || len(r.Blobs) != 1 {
			return fmt.Errorf("%+v, %v, %w", r, ok, err)
		}
		return nil
	})
	return n
}

// fillDisk mounts a small file system and fills it by every way to write.
func fillDisk(dir string) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	s, err := store.Open(filepath.Join(dir, "s"), store.Options{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	zero := strings.NewReader(strings.Repeat("0", 4<<20))
	if _, _, err := s.Put(ctx, zero, ""); err == nil || !strings.Contains(err.Error(), "no space left on device: `ashlar gc` frees the store") {
		return fmt.Errorf("put on a full disk: %w", err)
	}
	p, err := s.Partial(ctx, "p")
	if err != nil {
		return err
	}
	if _, err := p.Write(make([]byte, 4<<20)); !errors.Is(err, unix.ENOSPC) {
		return fmt.Errorf("partial on a full disk: %w", err)
	}
	if _, err := s.NewTree(); err != nil && !errors.Is(err, unix.ENOSPC) {
		return err
	}
	if err := s.PutResult(ctx, "r", store.Result{Notes: []string{strings.Repeat("n", 1<<20)}}); !errors.Is(err, unix.ENOSPC) {
		return fmt.Errorf("result on a full disk: %w", err)
	}
	if err := errors.Join(p.Discard(), p.Close()); err != nil {
		return err
	}
	return afterFull(s)
}

// afterFull finds the store empty and working.
func afterFull(s *store.Store) error {
	for _, d := range []string{"blobs", "trees", "results", "partial"} {
		if names, err := os.ReadDir(filepath.Join(s.Dir(), d)); err != nil || len(names) > 0 {
			return fmt.Errorf("in %s: %v, %w", d, names, err)
		}
	}
	if _, _, err := s.Put(context.Background(), strings.NewReader("x"), sum("x")); err != nil {
		return err
	}
	return s.Close()
}

func TestDiskFull(t *testing.T) {
	cmd := helper("fill", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, unix.EPERM) && os.Getenv("ASHLAR_NO_SKIP") == "" {
		t.Skipf("no user namespaces here: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// bigFile meets a limit that is not the disk's.
func bigFile(dir string) error {
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 64 << 10, Max: 64 << 10}); err != nil {
		return err
	}
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		return err
	}
	_, _, err = s.Put(context.Background(), strings.NewReader(strings.Repeat("x", 1<<20)), "")
	if !errors.Is(err, unix.EFBIG) {
		return fmt.Errorf("put of too much: %w", err)
	}
	return afterFull(s)
}

func TestFileLimit(t *testing.T) {
	if out, err := helper("big", filepath.Join(t.TempDir(), "s")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// refused prints why the store cannot be opened.
func refused(dir string) error {
	_, err := store.Open(dir, store.Options{})
	return err
}

// What stops a plain user does not stop root, so root tries as somebody else.
func TestOpenRefusesOthers(t *testing.T) {
	top := t.TempDir()
	uid := os.Getuid()
	cred := &syscall.Credential{Uid: 65534, Gid: 65534}
	if uid != 0 {
		cred, uid = nil, 0
	} else if err := errors.Join(os.Chmod(top, 0o755), os.Chmod(filepath.Dir(top), 0o755)); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"closed": 0o600, "readonly": 0o555, "open": 0o755} {
		if err := os.Mkdir(filepath.Join(top, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(top, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range map[string]string{
		"/proc/1/store":                    "", // nobody can
		filepath.Join(top, "closed/a/b"):   "may not enter " + filepath.Join(top, "closed") + " (mode 0600, of uid",
		filepath.Join(top, "readonly/a/b"): "may not write " + filepath.Join(top, "readonly") + ": name another directory with --store",
	} {
		cmd := helper("refused", dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v\n%s", dir, err, out)
		}
	}
	if cred == nil {
		return
	}
	cmd := helper("refused", filepath.Join(top, "open"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), "it belongs to uid 0, not to uid 65534") {
		t.Errorf("another's: %s", out)
	}
	made := filepath.Join(top, "made")
	if err := store.Make(made, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	cmd = helper("refused", made)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("made for uid 65534: %v %s", err, out)
	}
}
