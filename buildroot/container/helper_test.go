package container

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"golang.org/x/sys/unix"
)

func removeAll(t testing.TB, dir string) {
	if err := rmtree.RemoveAll(dir); err != nil {
		t.Errorf("clean up: %v", err)
	}
}

// helperMain is what this binary does inside of a container.
func helperMain(name string) {
	f, ok := helpers()[name]
	if !ok {
		fmt.Println("no helper", name)
		os.Exit(2)
	}
	f(os.Args[1:])
	os.Exit(0)
}

func helpers() map[string]func(args []string) {
	return map[string]func([]string){
		"owners":  helpOwners,
		"timer":   helpTimer,
		"threads": helpThreads,
		"calls":   helpCalls,
		"args":    func(args []string) { fmt.Println(args) },
		"probe":   helpProbe,
		"noexec":  helpNoexec,
		"escape":  helpEscape,
		"front":   helpFront,
		"attributes": func([]string) {
			create("/f", 0o644)
			say("set", unix.Setxattr("/f", "user.overlay.opaque", []byte("y"), 0))
			say("set", unix.Setxattr("/f", "user.a", []byte("1"), 0))
		},
		"serve":   helpServe,
		"rate":    helpRate,
		"special": helpSpecial,
		"sleep":   func([]string) { time.Sleep(time.Hour) },
	}
}

// say prints what a call returned.
func say(what string, err error) {
	var errno unix.Errno
	switch {
	case err == nil:
		fmt.Printf("%s: ok\n", what)
	case errors.As(err, &errno):
		fmt.Printf("%s: %s\n", what, unix.ErrnoName(errno))
	default:
		fmt.Printf("%s: %v\n", what, err)
	}
}

// noted prints the owner noted on a file.
func noted(what, path string) {
	b := make([]byte, 8)
	if _, err := unix.Lgetxattr(path, ownerXattr, b); err != nil {
		say("  "+what+" has", err)
		return
	}
	fmt.Printf("  %s has %d:%d\n", what, int32(binary.LittleEndian.Uint32(b)), int32(binary.LittleEndian.Uint32(b[4:])))
}

func create(name string, mode uint32) {
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		say("create "+name, err)
	}
	if err := unix.Chmod(name, mode); err != nil {
		say("chmod "+name, err)
	}
}

func modeOf(name string) {
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err != nil {
		say("stat "+name, err)
		return
	}
	fmt.Printf("  %s mode %o, owner %d:%d\n", name, st.Mode&0o7777, st.Uid, st.Gid)
}

// helpOwners goes through all that may be different about a chown.
func helpOwners([]string) {
	unix.Mkdir("/tt", 0o755)
	unix.Chdir("/tt")
	create("f", 0o644)
	os.Symlink("f", "ln")
	os.Symlink("/nosuch/abs", "dangling")
	unix.Mkfifo("ff", 0o644)
	say("lchown link", unix.Lchown("ln", 9, 9))
	noted("f", "f")
	say("chown through link", unix.Chown("ln", 10, 11))
	noted("f", "f")
	say("chown dangling link", unix.Chown("dangling", 1, 1))
	say("lchown dangling link", unix.Lchown("dangling", 1, 1))
	say("chown fifo", unix.Chown("ff", 9, 9))
	l, err := net.Listen("unix", "/tt/sock")
	say("listen", err)
	say("chown socket", unix.Chown("sock", 9, 9))
	l.Close()
	say("chown missing", unix.Chown("nosuch", 9, 9))
	say("chown below a file", unix.Chown("f/x", 9, 9))
	say("chown empty path", unix.Chown("", 9, 9))
	say("chown long path", unix.Chown(strings.Repeat("y", 4998), 1, 1))
	say("chown long name", unix.Chown(strings.Repeat("y", 300), 1, 1))
	_, _, errno := unix.Syscall(unix.SYS_CHOWN, 8, 1, 1)
	say("chown bad address", errno)
	say("chown read-only", unix.Chown("/ro/f", 9, 9))
	say("chown /proc/self/status", unix.Chown("/proc/self/status", 9, 9))
	say("chown /dev/stdout", unix.Chown("/dev/stdout", 9, 9))
	os.Mkdir("/dev/shm/z", 0o755)
	say("chown on tmpfs", unix.Chown("/dev/shm/z", 9, 9))
	ownersByPlace()
	ownersByDescriptor()
	ownersByMode()
	ownersElsewhere()
}

func ownersByPlace() {
	os.Mkdir("/tt/real", 0o755)
	create("/tt/real/x", 0o644)
	os.Symlink("/tt/real", "/tt/absdir")
	say("chown through absolute link to a directory", unix.Chown("/tt/absdir/x", 11, 12))
	noted("x", "/tt/real/x")
	say("chown ../", unix.Chown("../../../../tt/real/x", 13, 14))
	noted("x", "/tt/real/x")
	say("rename", os.Rename("/tt/real/x", "/tt/real/y"))
	noted("y", "/tt/real/y")
	say("link", os.Link("/tt/real/y", "/tt/real/z"))
	noted("z", "/tt/real/z")
	say("chown of a lower file", unix.Chown("/lower/file", 20, 21))
	noted("file", "/lower/file")
	say("append", appendTo("/lower/file"))
	noted("file", "/lower/file")
}

func appendTo(name string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString("more\n")
	return err
}

func ownersByDescriptor() {
	say("fchown bad descriptor", unix.Fchown(99, 9, 9))
	say("fchownat bad descriptor", unix.Fchownat(99, "f", 9, 9, 0))
	say("fchownat unknown flag", unix.Fchownat(unix.AT_FDCWD, "f", 9, 9, 0x4000))
	fd, _ := unix.Open("f", unix.O_RDONLY, 0)
	say("fchown", unix.Fchown(fd, 13, 13))
	noted("f", "f")
	say("fchownat below a file", unix.Fchownat(fd, "x", 9, 9, 0))
	path, _ := unix.Open("f", unix.O_PATH, 0)
	say("fchown O_PATH", unix.Fchown(path, 14, 14))
	say("fchownat O_PATH", unix.Fchownat(path, "", 14, 14, unix.AT_EMPTY_PATH))
	noted("f", "f")
	dir, _ := unix.Open("/tt/real", unix.O_PATH|unix.O_DIRECTORY, 0)
	say("fchownat directory", unix.Fchownat(dir, "y", 15, 15, unix.AT_SYMLINK_NOFOLLOW))
	noted("y", "/tt/real/y")
	gone, _ := unix.Open("gone", unix.O_CREAT|unix.O_RDWR, 0o644)
	unix.Unlink("gone")
	say("fchown of an unlinked file", unix.Fchown(gone, 3, 3))
}

func ownersByMode() {
	unix.Chmod("f", 0o444)
	say("chown mode 0444", unix.Chown("f", 15, 15))
	unix.Chmod("f", 0)
	say("chown mode 0000", unix.Chown("f", 16, 16))
	unix.Chmod("f", 0o644)
	noted("f", "f")
	create("su", 0o4755)
	modeOf("su")
	say("chown set-id file", unix.Chown("su", 3, 3))
	modeOf("su")
	create("su", 0o6755)
	say("chown set-id file to nobody", unix.Chown("su", -1, -1))
	modeOf("su")
	say("chown group alone", unix.Chown("f", -1, 77))
	noted("f", "f")
	create("g", 0o644)
	say("chown group of a new file", unix.Chown("g", -1, 78))
	noted("g", "g")
	say("chown 0:0", unix.Chown("f", 0, 0))
	noted("f", "f")
}

func ownersElsewhere() {
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	say("chown when not dumpable", unix.Chown("f", 21, 21))
	noted("f", "f")
	unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	say("setresuid", setresuid(33))
	fmt.Println("  uid", unix.Getuid())
	n, err := unix.Getgroups()
	say("getgroups "+strconv.Itoa(len(n)), err)
	say("chown after setresuid", unix.Chown("f", 33, 33))
	noted("f", "f")
	say("mknod", unix.Mknod("nod", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	say("mknod regular", unix.Mknod("reg", unix.S_IFREG|0o600, 0))
	say("unshare", unix.Unshare(unix.CLONE_FS))
	say("chroot", unix.Chroot("/tt"))
	say("chown in chroot", unix.Chown("/real/y", 22, 22))
	say("chown ../ in chroot", unix.Chown("/../../real/y", 23, 23))
	noted("y", "/real/y")
}

func setresuid(uid uintptr) error {
	_, _, errno := unix.Syscall(unix.SYS_SETRESUID, uid, uid, uid)
	if errno != 0 {
		return errno
	}
	return nil
}

// helpTimer changes owners under a timer, and counts calls that were interrupted.
func helpTimer([]string) {
	create("/f", 0o644)
	signal.Notify(make(chan os.Signal, 1), unix.SIGALRM)
	every := unix.Itimerval{Interval: unix.Timeval{Usec: 200}, Value: unix.Timeval{Usec: 200}}
	if _, err := unix.Setitimer(unix.ItimerReal, every); err != nil {
		fmt.Println(err)
	}
	bad := 0
	for i := range 5000 {
		if unix.Chown("/f", i, i) != nil {
			bad++
		}
	}
	fmt.Println("failed", bad)
}

func helpThreads([]string) {
	var wg sync.WaitGroup
	var bad atomic.Int64
	for i := range 4 {
		wg.Go(func() {
			runtime.LockOSThread()
			name := fmt.Sprintf("/th%d", i)
			create(name, 0o644)
			for n := range 500 {
				if unix.Chown(name, n+i, n+i) != nil {
					bad.Add(1)
				}
			}
		})
	}
	wg.Wait()
	fmt.Println("failed", bad.Load())
	for i := range 4 {
		noted(strconv.Itoa(i), fmt.Sprintf("/th%d", i))
	}
}

// helpCalls makes calls that the filter denies, and some that it does not.
func helpCalls([]string) {
	call := func(name string, nr uintptr, args ...uintptr) {
		args = append(args, 0, 0, 0, 0)
		_, _, errno := unix.Syscall6(nr, args[0], args[1], args[2], args[3], 0, 0)
		if errno == 0 {
			fmt.Println(name+":", "ok")
			return
		}
		fmt.Println(name+":", unix.ErrnoName(errno))
	}
	call("keyctl", unix.SYS_KEYCTL)
	call("add_key", unix.SYS_ADD_KEY)
	call("request_key", unix.SYS_REQUEST_KEY)
	call("io_uring_setup", unix.SYS_IO_URING_SETUP)
	call("userfaultfd", unix.SYS_USERFAULTFD)
	call("bpf", unix.SYS_BPF)
	call("perf_event_open", unix.SYS_PERF_EVENT_OPEN)
	call("kcmp", unix.SYS_KCMP)
	call("open_by_handle_at", unix.SYS_OPEN_BY_HANDLE_AT)
	call("kexec_load", unix.SYS_KEXEC_LOAD)
	call("finit_module", unix.SYS_FINIT_MODULE)
	call("quotactl", unix.SYS_QUOTACTL)
	call("personality 0", unix.SYS_PERSONALITY, 0)
	call("personality ADDR_NO_RANDOMIZE", unix.SYS_PERSONALITY, 0x40000)
	call("personality PER_LINUX32", unix.SYS_PERSONALITY, 8)
	call("personality READ_IMPLIES_EXEC", unix.SYS_PERSONALITY, 0x400000)
	call("x32 getpid", 0x40000000+unix.SYS_GETPID)
	call("setfsuid 5", unix.SYS_SETFSUID, 5)
	call("setgid 5", unix.SYS_SETGID, 5)
	call("getppid", unix.SYS_GETPPID)
}

// helpServe answers on a TCP port.
func helpServe(args []string) {
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listening")
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		fmt.Fprintln(c, "hello")
		c.Close()
	}
}

// helpRate prints how many calls a second are answered.
func helpRate([]string) {
	create("/f", 0o644)
	rate := func(name string, n int, f func(int)) {
		begin := time.Now()
		for i := range n {
			f(i)
		}
		fmt.Printf("%s %.0f\n", name, float64(n)/time.Since(begin).Seconds())
	}
	rate("getppid", 200000, func(int) { unix.Syscall(unix.SYS_GETPPID, 0, 0, 0) })
	rate("setgid", 200000, func(int) { unix.Syscall(unix.SYS_SETGID, 5, 0, 0) })
	rate("chown", 10000, func(i int) { unix.Chown("/f", i, i) })
}

// helpSpecial makes what has no attributes, and takes inode numbers again.
func helpSpecial([]string) {
	for i := range 50 {
		os.Symlink("x", "/tmp-link")
		say("lchown", unix.Lchown("/tmp-link", 40+i, 40))
		unix.Unlink("/tmp-link")
	}
	for i := range 50 {
		os.Symlink("x", fmt.Sprintf("/link%02d", i))
	}
	unix.Mkfifo("/fifo", 0o600)
	say("chown", unix.Chown("/fifo", 50, 51))
	os.Symlink("x", "/owned")
	say("lchown", unix.Lchown("/owned", 52, 53))
	say("lchown", unix.Lchown("/owned", -1, 54))
	os.Symlink("x", "/back")
	say("lchown", unix.Lchown("/back", 1, 1))
	say("lchown", unix.Lchown("/back", 0, 0))
}

// helpEscape tries links to a directory of the host.
func helpEscape(args []string) {
	host := args[0]
	os.Symlink(host, "/esc")
	os.Symlink(host+"/f", "/escf")
	os.Symlink("/proc/1/root"+host, "/esc1")
	os.Symlink("../../../../../../.."+host, "/esc2")
	os.Symlink("/proc/thread-self/root"+host, "/esc3")
	for _, name := range []string{"/esc/f", "/escf", "/esc1/f", "/esc2/f", "/esc3/f"} {
		say("chown "+name, unix.Chown(name, 7, 7))
	}
}
