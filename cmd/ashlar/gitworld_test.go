package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ashlar-build/ashlar/buildroot/git/gittest"
)

// gitCommands are what scripts can do about git repositories:
//
//	githttp DIR [NAME PASSWORD]  serve the repositories below DIR at $GITHTTP, to who
//	                             knows the password if there is one
//	sshd                         start a server at $SSH that nobody knows yet, and an
//	                             agent with a key for it
//	trust                        confirm that server's key
func gitCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"githttp": githttp, "sshd": sshd, "trust": trust}
}

func githttp(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 && len(args) != 3 {
		ts.Fatalf("usage: githttp DIR [NAME PASSWORD]")
	}
	t := ts.Value(worldKey{}).(*pretendWorld).t
	h := gittest.Backend(t, ts.MkAbs(args[0]))
	if len(args) == 3 {
		h = gittest.Private(args[1], args[2], h)
	}
	ts.Setenv("GITHTTP", gittest.Serve(t, h))
}

func sshd(ts *testscript.TestScript, neg bool, args []string) {
	w := ts.Value(worldKey{}).(*pretendWorld)
	w.ssh = gittest.StartSSH(w.t)
	reachable(w.t, w.ssh.Bin)
	ts.Setenv("SSH", w.ssh.Host)
	ts.Setenv("SSH_AUTH_SOCK", w.ssh.Agent)
	ts.Setenv("PATH", w.ssh.Bin+":"+os.Getenv("PATH"))
}

// reachable lets others than root enter the directories of a test.
func reachable(t testing.TB, dir string) {
	for ; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func trust(ts *testscript.TestScript, neg bool, args []string) {
	w := ts.Value(worldKey{}).(*pretendWorld)
	w.ssh.Trust(w.t)
}
