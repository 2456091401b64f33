package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
)

var update = flag.Bool("update", false, "rewrite what scripts expect; read the difference")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ashlar": main})
}

// TestScript runs what needs neither network nor containers. Each script has a
// store of its own.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds:                scriptCommands(),
		Setup: func(env *testscript.Env) error {
			env.Values[worldKey{}] = newWorld(t)
			return setUp(env, newStore(t))
		},
	})
}

// TestArchiveScript runs what builds real recipes: it needs Debian's archive and
// user namespaces. The scripts share a store, as a person's builds do.
func TestArchiveScript(t *testing.T) {
	needArchive(t)
	store := newStore(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "archive"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds:                scriptCommands(),
		Condition:           usable,
		Setup: func(env *testscript.Env) error {
			env.Values[worldKey{}] = newWorld(t)
			return setUp(env, store)
		},
	})
}

// usable is the condition [usable:PROGRAM]: a script may do without a program
// that this machine lacks, unless nothing may be skipped.
func usable(cond string) (bool, error) {
	program, ok := strings.CutPrefix(cond, "usable:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	_, err := exec.LookPath(program)
	return err == nil || os.Getenv("ASHLAR_NO_SKIP") != "", nil
}

// setUp gives a script the variables that all have. As root ashlar runs as
// somebody else, who must be able to enter the store's parents.
func setUp(env *testscript.Env, store string) error {
	env.Setenv("ASHLAR_STORE", store)
	env.Setenv("NO_COLOR", "1")
	root, err := filepath.Abs(filepath.Join("..", ".."))
	env.Setenv("REPO", root)
	return err
}

func newStore(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ashlar-script-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rmtree.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "store")
}

func needArchive(t *testing.T) {
	t.Helper()
	if os.Getenv("ASHLAR_NO_SKIP") != "" || os.Getenv("ASHLAR_ARCHIVE_TESTS") != "" {
		return
	}
	c, err := net.DialTimeout("tcp", "deb.debian.org:80", 2*time.Second)
	if err != nil {
		t.Skipf("Debian's archive cannot be reached: %v", err)
	}
	c.Close()
}
