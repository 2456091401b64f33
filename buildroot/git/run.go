package git

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ashlar-build/ashlar/recipe/giturl"
)

const configFile = "config"

// config is all the configuration that git has. Objects are checked as they come;
// the faults that are let pass are those of old programs that wrote commits, and harm
// nobody (git-fsck(1)).
const config = `[core]
	hooksPath = /dev/null
	fsync = none
[transfer]
	fsckObjects = true
[fetch]
	unpackLimit = 1
	recurseSubmodules = false
	writeCommitGraph = false
[fetch "fsck"]
	badDateOverflow = ignore
	badEmail = ignore
	badName = ignore
	badTimezone = ignore
	missingEmail = ignore
	missingNameBeforeEmail = ignore
	missingSpaceBeforeDate = ignore
	missingSpaceBeforeEmail = ignore
	missingTaggerEntry = ignore
	multipleAuthors = ignore
	zeroPaddedDate = ignore
	zeroPaddedFilemode = ignore
[gc]
	auto = 0
[maintenance]
	auto = false
[submodule]
	recurse = false
[http]
	lowSpeedLimit = 100
	lowSpeedTime = 60
`

// environ is all of the environment that git has: proxies and certificates are the
// machine's, as for other downloads.
func (s *session) environ() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TMPDIR=" + s.dir, "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + filepath.Join(s.dir, configFile), "GIT_ATTR_NOSYSTEM=1",
		"GIT_CEILING_DIRECTORIES=" + s.dir, "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=https:http:fd",
		"GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1",
	}
	for name := range strings.FieldsSeq("http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY") {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	for from, to := range map[string]string{"SSL_CERT_FILE": "GIT_SSL_CAINFO", "SSL_CERT_DIR": "GIT_SSL_CAPATH"} {
		if value := os.Getenv(from); value != "" {
			env = append(env, to+"="+value)
		}
	}
	return env
}

// stopTime is how long a program that was killed may hold its pipes.
const stopTime = 5 * time.Second

// command is git, in the directory at. It ends with ctx and with this process, and
// whatever it started ends with it.
func (s *session) command(ctx context.Context, at string, args ...string) (cmd *exec.Cmd, said *tail) {
	cmd = exec.CommandContext(ctx, s.git, args...)
	cmd.Dir, cmd.Env = at, s.environ()
	said = &tail{}
	cmd.Stderr = said
	killable(cmd)
	return cmd, said
}

// killable has a program die as a whole when its context ends or this process does.
func killable(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = stopTime
}

// local runs git on what is here, and returns what it prints.
func (s *session) local(ctx context.Context, at string, args ...string) ([]byte, error) {
	cmd, said := s.command(ctx, at, args...)
	out, err := cmd.Output()
	if err != nil {
		return nil, localError(err, said)
	}
	return out, nil
}

// localError is that of a program that asked nobody.
func localError(err error, said *tail) error {
	if text := lastWords(said.text()); text != "" {
		return errors.New("git: " + text)
	}
	return errors.Join(errors.New("git"), err)
}

// helper hands git a name and a password that stand in its environment, and nowhere
// else.
const (
	nameVariable     = "ASHLAR_GIT_NAME"
	passwordVariable = "ASHLAR_GIT_PASSWORD"
	helper           = `!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$` + nameVariable + `" "$` + passwordVariable + `"; }; f`
)

// remote runs git with a repository elsewhere, whose address takes the place of
// address among the arguments, and returns what it prints.
func (s *session) remote(ctx context.Context, at string, u giturl.URL, args ...string) ([]byte, error) {
	switch u.Scheme {
	case giturl.SSH, giturl.File:
		return s.remoteStream(ctx, at, u, args)
	}
	var env []string
	if s.Login != nil {
		name, password, err := s.Login(ctx, u.String())
		if err != nil {
			return nil, final("", "%w", err)
		}
		if password != "" {
			env = []string{nameVariable + "=" + name, passwordVariable + "=" + password}
			args = append([]string{"-c", "credential." + origin(u) + ".helper=" + helper}, args...)
		}
	}
	cmd, said := s.command(ctx, at, replaced(args, u.String())...)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.Output()
	if err != nil {
		return nil, judge(u, said.text(), env != nil)
	}
	return out, nil
}

// origin is the part of an address for which a password is: git sends it nowhere
// else, also across redirects (gitcredentials(7)).
func origin(u giturl.URL) string {
	rest := strings.TrimPrefix(u.String(), u.Scheme+"://")
	host, _, _ := strings.Cut(rest, "/")
	return u.Scheme + "://" + host
}

// address stands for a repository's among arguments.
const address = "\x00"

func replaced(args []string, by string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == address {
			a = by
		}
		out[i] = a
	}
	return out
}

// remoteStream runs git over a stream, which it finds as its descriptor 3
// (git-remote-fd(1)).
func (s *session) remoteStream(ctx context.Context, at string, u giturl.URL, args []string) ([]byte, error) {
	dial := s.Dial
	if dial == nil {
		dial = Dial
	}
	if _, err := lookPath(programFor(u)); err != nil {
		return nil, err
	}
	stream, err := dial(ctx, u)
	if err != nil {
		return nil, final("", "%w", err)
	}
	defer stream.Close()
	words := stream.listen()
	cmd, said := s.command(ctx, at, replaced(args, "fd::3/"+u.Name())...)
	cmd.ExtraFiles = []*os.File{stream.Conn}
	out, err := cmd.Output()
	stream.Conn.Close()
	if err != nil {
		return nil, judge(u, words()+"\n"+said.text(), false)
	}
	return out, nil
}

// A tail keeps the last of what a program says.
type tail struct{ buf []byte }

// maxSaid is more than any message has that means something.
const maxSaid = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - maxSaid; over > 0 {
		t.buf = bytes.Clone(t.buf[over:])
	}
	return len(p), nil
}

func (t *tail) text() string { return string(t.buf) }
