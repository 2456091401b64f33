package gittest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An SSH is OpenSSH's server on loopback for the user who runs the test, and an ssh
// that reads a configuration of the test's own in place of the user's.
type SSH struct {
	Host   string // as addresses have it: "ssh://USER@127.0.0.1:PORT"
	Bin    string // has the ssh that PATH is to find first
	Config string // the file that it reads
	Agent  string // SSH_AUTH_SOCK of an agent that has the key, and nothing else has it

	dir  string
	port int
	key  string // of the host, public
}

// StartSSH starts a server and an agent, whose key the server knows; nobody knows the
// server's yet: see Trust.
func StartSSH(t testing.TB) *SSH {
	t.Helper()
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := &SSH{dir: t.TempDir(), port: freePort(t)}
	s.Host = fmt.Sprintf("ssh://%s@127.0.0.1:%d", who.Username, s.port)
	s.Bin, s.Config, s.Agent = filepath.Join(s.dir, "bin"), filepath.Join(s.dir, "config"), filepath.Join(s.dir, "agent")
	for _, key := range []string{"host", "key"} {
		run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(s.dir, key))
	}
	s.key = read(t, filepath.Join(s.dir, "host.pub"))
	s.client(t)
	s.server(t, who)
	s.agent(t)
	return s
}

// client makes the ssh of the test.
func (s *SSH) client(t testing.TB) {
	write(t, s.Config, fmt.Sprintf("UserKnownHostsFile %s/known_hosts\nGlobalKnownHostsFile /dev/null\n", s.dir), 0o600)
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.Bin, "ssh"), fmt.Sprintf("#!/bin/sh\nexec %s -F %s \"$@\"\n", ssh, s.Config), 0o755)
}

// server starts sshd, which wants its whole path.
func (s *SSH) server(t testing.TB, who *user.User) {
	t.Helper()
	pam := "no"
	if who.Uid == "0" {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(read(t, "/etc/shadow")) {
			if strings.HasPrefix(line, "root:!") { // an account that is locked for sshd itself
				pam = "yes"
			}
		}
	}
	write(t, filepath.Join(s.dir, "authorized"), read(t, filepath.Join(s.dir, "key.pub")), 0o600)
	write(t, filepath.Join(s.dir, "sshd"), strings.ReplaceAll(fmt.Sprintf(`ListenAddress 127.0.0.1:%d
HostKey DIR/host
AuthorizedKeysFile DIR/authorized
PidFile none
StrictModes no
UsePAM %s
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
AcceptEnv GIT_PROTOCOL
`, s.port, pam), "DIR", s.dir), 0o600)
	sshd := "/usr/sbin/sshd"
	if found, err := exec.LookPath("sshd"); err == nil {
		sshd = found
	}
	var log bytes.Buffer
	start(t, &log, sshd, "-D", "-e", "-f", filepath.Join(s.dir, "sshd"))
	for range 100 {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		if err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("sshd does not listen: %s", log.String())
}

// agent starts an agent and gives it the key, which then is nowhere else.
func (s *SSH) agent(t testing.TB) {
	t.Helper()
	start(t, nil, "ssh-agent", "-D", "-a", s.Agent)
	for range 100 {
		if c, err := net.Dial("unix", s.Agent); err == nil {
			c.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	cmd := exec.Command("ssh-add", "-q", filepath.Join(s.dir, "key"))
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+s.Agent)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ssh-add: %v\n%s", err, out)
	}
	if err := os.Remove(filepath.Join(s.dir, "key")); err != nil {
		t.Fatal(err)
	}
}

// Trust makes the server's key known, as somebody does who has compared it.
func (s *SSH) Trust(t testing.TB) { s.trust(t, s.key) }

// Mistrust makes another key known for the server.
func (s *SSH) Mistrust(t testing.TB) {
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(s.dir, "other"))
	s.trust(t, read(t, filepath.Join(s.dir, "other.pub")))
}

func (s *SSH) trust(t testing.TB, key string) {
	write(t, filepath.Join(s.dir, "known_hosts"), fmt.Sprintf("[127.0.0.1]:%d %s", s.port, key), 0o600)
}

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func run(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, out)
	}
}

// start runs a program until the test ends.
func start(t testing.TB, log *bytes.Buffer, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	if log != nil {
		cmd.Stderr = log
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
