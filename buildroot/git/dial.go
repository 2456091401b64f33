package git

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// A Stream leads to git-upload-pack for one repository, on another machine or on this
// one. Close both files, or the Stream.
type Stream struct {
	Conn *os.File // in both directions
	Said *os.File // what the program writes to its standard error; ends with it
}

// Close ends the program.
func (s *Stream) Close() {
	s.Conn.Close()
	s.Said.Close()
}

// NewStream makes a Stream of files that another process has opened, and closes said.
func NewStream(conn, said *os.File) (*Stream, error) {
	defer said.Close()
	fd, err := unix.FcntlInt(said.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true) // so that nobody waits for what was closed
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("receive a stream: %w", err)
	}
	return &Stream{Conn: conn, Said: os.NewFile(uintptr(fd), "said")}, nil
}

// lastSay is how long a program may go on talking that has lost its other side.
const lastSay = 2 * time.Second

// listen reads what the program says. The function that it returns, to be called when
// Conn was closed, returns all of it.
func (s *Stream) listen() (words func() string) {
	var t tail
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(&t, s.Said) // what could be read is what there is
	}()
	return func() string {
		s.Said.SetReadDeadline(time.Now().Add(lastSay))
		<-done
		return t.text()
	}
}

// Dial starts the program that speaks for a repository: ssh with what the caller's
// ~/.ssh and agent say, or git upload-pack on this machine. It runs as whoever calls,
// with the environment of this process, asks no questions, forwards nothing, and
// can do nothing over there but read the repository. It ends when its stream is closed
// or ctx is done.
func Dial(ctx context.Context, u giturl.URL) (*Stream, error) {
	args, err := dialArgs(u)
	if err != nil {
		return nil, err
	}
	file, err := lookPath(args[0])
	if err != nil {
		return nil, err
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "stream"), os.NewFile(uintptr(fds[1]), "stream")
	defer theirs.Close()
	said, words, err := os.Pipe()
	if err != nil {
		ours.Close()
		return nil, err
	}
	defer words.Close()
	cmd := exec.CommandContext(ctx, file, args[1:]...)
	cmd.Env = dialEnv(os.Environ())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, words
	killable(cmd)
	if err := cmd.Start(); err != nil {
		ours.Close()
		said.Close()
		return nil, err
	}
	go cmd.Wait() // its words say what became of it
	return &Stream{Conn: ours, Said: said}, nil
}

// programFor is what Dial starts.
func programFor(u giturl.URL) string {
	if u.Scheme == giturl.SSH {
		return sshProgram
	}
	return gitProgram
}

// dialArgs is the command line for a repository.
func dialArgs(u giturl.URL) ([]string, error) {
	switch u.Scheme {
	case giturl.File:
		return []string{gitProgram, "upload-pack", u.Path}, nil
	case giturl.SSH:
	default:
		return nil, fmt.Errorf("no program speaks for %s", u)
	}
	args := []string{sshProgram, "-T", "-x", "-a"}
	for option := range strings.FieldsSeq("BatchMode=yes ConnectTimeout=30 ServerAliveInterval=15 ServerAliveCountMax=4 ClearAllForwardings=yes PermitLocalCommand=no SendEnv=GIT_PROTOCOL") {
		args = append(args, "-o", option)
	}
	if u.Port != "" {
		args = append(args, "-p", u.Port)
	}
	if u.User != "" {
		args = append(args, "-l", u.User)
	}
	return append(args, "--", u.Host, "git-upload-pack "+quote(u.Path)), nil
}

// quote is a word for a shell, as git writes it: servers that allow git alone compare.
func quote(s string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(s) + "'"
}

// dialEnv leaves out what would tell git of another repository, such as in a hook.
func dialEnv(environ []string) []string {
	env := []string{"GIT_PROTOCOL=version=2", "LC_ALL=C"}
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if name != "LC_ALL" && (!strings.HasPrefix(name, "GIT_") || strings.HasPrefix(name, "GIT_CONFIG_")) && !strings.HasPrefix(name, "ASHLAR_SECRET_") {
			env = append(env, e)
		}
	}
	return env
}
