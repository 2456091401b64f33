package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Descriptors that the shim finds, besides the command's standard streams.
const (
	fdProgram    = 3
	fdSpec       = 4
	fdControl    = 5
	fdCheckpoint = 6 // and 7
)

// A shimSpec is what the shim is to start. It is sent as strings with zeros
// between them, none of which can hold one.
type shimSpec struct {
	uid, gid   int
	terminal   bool
	checkpoint bool
	dir        string
	args, env  []string
}

func (s shimSpec) encode() ([]byte, error) {
	all := []string{strconv.Itoa(s.uid), strconv.Itoa(s.gid), strconv.FormatBool(s.terminal),
		strconv.FormatBool(s.checkpoint), s.dir, strconv.Itoa(len(s.args))}
	all = append(append(all, s.args...), s.env...)
	for _, v := range all {
		if strings.Contains(v, "\x00") {
			return nil, fmt.Errorf("%q: holds a zero byte", v)
		}
	}
	return []byte(strings.Join(all, "\x00")), nil
}

func decodeSpec(b []byte) (s shimSpec, err error) {
	all := strings.Split(string(b), "\x00")
	if len(all) < 6 {
		return s, errors.New("short specification")
	}
	s.uid, err = strconv.Atoi(all[0])
	gid, err1 := strconv.Atoi(all[1])
	terminal, err2 := strconv.ParseBool(all[2])
	checkpoint, err3 := strconv.ParseBool(all[3])
	n, err4 := strconv.Atoi(all[5])
	if err := errors.Join(err, err1, err2, err3, err4); err != nil {
		return s, err
	}
	if n < 1 || n > len(all)-6 {
		return s, errors.New("specification without command")
	}
	s.gid, s.terminal, s.checkpoint, s.dir = gid, terminal, checkpoint, all[4]
	s.args, s.env = all[6:6+n], all[6+n:]
	return s, nil
}

// What shim and keeper say to each other, in packets: one of these, and text.
const (
	sayTerminal = 'T' // shim: the terminal's master comes along
	sayListener = 'L' // shim: the filter's listener comes along
	sayStarted  = 'S' // shim: the command runs
	sayError    = 'E' // shim: it could not be started; text says why
	sayExit     = 'X' // shim: it ended; text is "EXIT SIGNAL"
	sayGo       = 'G' // keeper: the listener listens
	saySignal   = 'K' // keeper: send the command this signal
	sayRun      = 'R' // keeper: start one more command; its output comes along; text is its number and its words
	sayKill     = 'Q' // keeper: kill the command of this number
	sayRan      = 'D' // shim: it ended; text is "NUMBER EXIT"
	sayRefused  = 'F' // shim: it could not be started; text is the number, and why
)

// A shim is the first program of a container, and its pid 1.
type shim struct {
	spec  shimSpec
	sock  int
	child int
	early [][]byte // packets for obey that came before the command was started

	mu   sync.Mutex
	more map[int]string // further commands' numbers, by process
}

// shimMain starts the command, reaps what ends, and ends with the command: then
// the kernel kills whatever else still runs here.
func shimMain() int {
	unix.Close(fdProgram)
	unix.CloseOnExec(fdControl)
	s := &shim{sock: fdControl, more: map[int]string{}}
	if err := s.start(); err != nil {
		s.say(sayError, err.Error(), -1)
		return 127
	}
	s.say(sayStarted, "", -1)
	go s.obey()
	exit, sig := exitOf(s.reap())
	s.say(sayExit, fmt.Sprintf("%d %d", exit, sig), -1)
	return exit
}

func (s *shim) say(what byte, text string, fd int) error {
	var oob []byte
	if fd >= 0 {
		oob = unix.UnixRights(fd)
	}
	return unix.Sendmsg(s.sock, append([]byte{what}, text...), oob, nil, 0)
}

// hear waits for a packet from the keeper, and the file that comes along, or nil.
func (s *shim) hear() ([]byte, *os.File, error) {
	b, oob := make([]byte, maxPacket), make([]byte, unix.CmsgSpace(4))
	for {
		n, oobn, _, _, err := unix.Recvmsg(s.sock, b, oob, unix.MSG_CMSG_CLOEXEC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err == nil && n == 0 {
			err = io.EOF
		}
		if err != nil {
			return nil, nil, err
		}
		return b[:n], receivedFile(oob[:oobn]), nil
	}
}

// start brings the filter up, and then the command.
func (s *shim) start() error {
	b, err := io.ReadAll(os.NewFile(fdSpec, "specification"))
	if err != nil {
		return err
	}
	unix.Close(fdSpec)
	if s.spec, err = decodeSpec(b); err != nil {
		return err
	}
	if s.spec.terminal {
		if err := s.openTerminal(); err != nil {
			return fmt.Errorf("open terminal: %w", err)
		}
	}
	if err := s.filter(); err != nil {
		return err
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	if s.child, err = s.startCommand(); err != nil {
		return err
	}
	go forward(signals, s.child)
	return nil
}

// filter installs the filter and waits until somebody listens. That nobody can
// look into this process afterwards is for its reports to be its own.
func (s *shim) filter() error {
	fd, err := installFilter()
	if err != nil {
		return err
	}
	err = s.say(sayListener, "", fd)
	unix.Close(fd)
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	for { // signals may come first, if the job is not wanted any more
		b, _, err := s.hear()
		if err != nil {
			return err
		}
		if b[0] == sayGo {
			return nil
		}
		s.early = append(s.early, b)
	}
}

// openTerminal makes a terminal of the container's own, sends its master to the
// keeper, and takes it for the standard streams.
func (s *shim) openTerminal() error {
	master, err := unix.Open("/dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(master)
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return err
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return err
	}
	slave, err := unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(slave)
	for fd := range 3 {
		if err := unix.Dup3(slave, fd, 0); err != nil {
			return err
		}
	}
	return s.say(sayTerminal, "", master)
}

// startCommand starts the command that the job is for.
func (s *shim) startCommand() (int, error) {
	files := []uintptr{0, 1, 2}
	if s.spec.checkpoint {
		files = append(files, fdCheckpoint, fdCheckpoint+1)
	}
	pid, err := s.spawn(s.spec.args, files, s.spec.terminal)
	if err != nil {
		return 0, err
	}
	for fd := range 3 { // the streams are the command's alone
		s.toNull(fd)
	}
	if s.spec.checkpoint {
		unix.Close(fdCheckpoint)
		unix.Close(fdCheckpoint + 1)
	}
	return pid, nil
}

// spawn starts a command in a session of its own; for another user than 0 in one
// more user namespace, which maps that number alone.
func (s *shim) spawn(args []string, files []uintptr, terminal bool) (int, error) {
	attr := &syscall.ProcAttr{Dir: s.spec.dir, Env: s.spec.env, Files: files,
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: terminal}}
	if s.spec.uid != 0 || s.spec.gid != 0 {
		inNamespace(attr.Sys, s.spec.uid, s.spec.gid)
	}
	if info, err := os.Stat(s.spec.dir); err != nil || !info.IsDir() {
		return 0, fmt.Errorf("working directory %s: not there", s.spec.dir)
	}
	name, err := s.lookUp(args[0])
	if err != nil {
		return 0, err
	}
	pid, err := syscall.ForkExec(name, args, attr)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return pid, nil
}

// inNamespace starts a process in a user namespace that maps these numbers alone,
// to those that exist.
func inNamespace(attr *syscall.SysProcAttr, uid, gid int) {
	attr.Cloneflags = syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: 0, Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: 0, Size: 1}}
}

func (s *shim) toNull(fd int) {
	if null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0); err == nil {
		unix.Dup3(null, fd, 0)
		unix.Close(null)
	}
}

// lookUp finds a command in the PATH that it will have.
func (s *shim) lookUp(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	path := ""
	for _, v := range s.spec.env {
		if p, ok := strings.CutPrefix(v, "PATH="); ok {
			path = p
		}
	}
	for _, dir := range filepath.SplitList(path) {
		full := filepath.Join(dir, name)
		if info, err := os.Stat(full); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return full, nil
		}
	}
	return "", fmt.Errorf("%s: not found in PATH %q", name, path)
}

// obey does what the keeper says: it sends the command signals, and starts more.
func (s *shim) obey() {
	for _, b := range s.early {
		s.kill(b)
	}
	for {
		b, file, err := s.hear()
		switch {
		case err != nil:
			return // the keeper is gone, and this process will be
		case b[0] == sayRun:
			s.startMore(string(b[1:]), file)
		case b[0] == sayKill:
			s.killMore(string(b[1:]))
		default:
			s.kill(b)
		}
	}
}

func (s *shim) kill(packet []byte) {
	if len(packet) == 2 && packet[0] == saySignal {
		syscall.Kill(s.child, syscall.Signal(packet[1]))
	}
}

// forward passes on what processes of the container send to this one.
func forward(signals <-chan os.Signal, pid int) {
	for sig := range signals {
		n, ok := sig.(syscall.Signal)
		if !ok || n == unix.SIGCHLD || n == unix.SIGURG || n == unix.SIGPIPE {
			continue // SIGURG is the Go runtime's own
		}
		syscall.Kill(pid, n)
	}
}

// reap waits for all that ends in the container, until the command has ended.
func (s *shim) reap() syscall.WaitStatus {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid == s.child {
			return status
		}
		s.endMore(pid, status)
	}
}

// exitOf is a status as a shell has it, and the signal, if one ended the process.
func exitOf(status syscall.WaitStatus) (exit, sig int) {
	if status.Signaled() {
		sig = int(status.Signal())
		return 128 + sig, sig
	}
	return status.ExitStatus(), 0
}
