package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A further command of a container is started by the shim, which is in all of the
// container's namespaces and under its filter: so nobody has to enter them.

// maxPacket is the most that keeper and shim say at once.
const maxPacket = 1 << 16

// lateOutput is how long output is waited for when the command that wrote it has
// ended, and something that it started has not.
const lateOutput = 100 * time.Millisecond

// Exec is Running's.
func (r *running) Exec(ctx context.Context, args []string, out io.Writer) (int, error) {
	if len(args) == 0 {
		return 0, errors.New("no command")
	}
	ours, theirs, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer ours.Close()
	id, c := r.ask(order{Exec: args}, theirs)
	theirs.Close()
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		io.Copy(out, ours) // who stops reading does not stop the command
	}()
	var a answer
	select {
	case a = <-c:
	case <-ctx.Done():
		r.conn.Send(order{End: true, ID: id})
		<-c
		a.err = context.Cause(ctx)
	}
	ours.SetReadDeadline(time.Now().Add(lateOutput))
	<-copied
	if a.err != nil {
		return 0, fmt.Errorf("%s: %w", args[0], a.err)
	}
	return a.exit, nil
}

// exec passes an order about a further command on to the shim.
func (l *live) exec(o order) {
	if o.End {
		l.shim.Write(fmt.Appendf(nil, "%c%d", sayKill, o.ID))
		return
	}
	files, err := l.front.Files(1)
	if err != nil {
		l.front.Send(event{Answer: o.ID, Err: send("start command", err)})
		return
	}
	defer closeAll(files)
	packet := fmt.Appendf(nil, "%c%d\x00%s", sayRun, o.ID, strings.Join(o.Exec, "\x00"))
	if len(packet) > maxPacket {
		err = errors.New("its command line is too long")
	} else if _, _, err = l.shim.WriteMsgUnix(packet, unix.UnixRights(int(files[0].Fd())), nil); err == nil {
		return // the shim answers
	}
	l.front.Send(event{Answer: o.ID, Err: send("start command", err)})
}

// ran passes on what became of a further command.
func (l *live) ran(what byte, text string) error {
	number, rest, _ := strings.Cut(text, " ")
	id, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	e := event{Answer: id}
	if what == sayRefused {
		e.Err = sent{What: "start command", Cause: rest}
	} else if e.Exit, err = strconv.Atoi(rest); err != nil {
		return err
	}
	return l.front.Send(e)
}

// startMore starts a further command: text is its number and its words. The
// process is known before anybody can reap it.
func (s *shim) startMore(text string, out *os.File) {
	words := strings.Split(text, "\x00")
	if out == nil || len(words) < 2 {
		s.say(sayRefused, words[0]+" nothing to start", -1)
		return
	}
	defer out.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	pid, err := s.spawn(words[1:], []uintptr{0, out.Fd(), out.Fd()}, false)
	if err != nil {
		s.say(sayRefused, words[0]+" "+err.Error(), -1)
		return
	}
	s.more[pid] = words[0]
}

// killMore kills a further command and what it started in its session.
func (s *shim) killMore(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pid, n := range s.more {
		if n == number {
			syscall.Kill(-pid, unix.SIGKILL)
		}
	}
}

// endMore tells that a process has ended, if it was a further command.
func (s *shim) endMore(pid int, status syscall.WaitStatus) {
	s.mu.Lock()
	number, ok := s.more[pid]
	delete(s.more, pid)
	s.mu.Unlock()
	if exit, _ := exitOf(status); ok {
		s.say(sayRan, fmt.Sprintf("%s %d", number, exit), -1)
	}
}
