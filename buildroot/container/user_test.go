package container

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"golang.org/x/sys/unix"
)

func TestContainerUser(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, `id -u; id -g; stat -c '%u:%g' /etc; touch /f; stat -c '%u:%g' /f; chown 101:102 /f && echo chown; chown 5 /f 2>&1; chgrp 0 /f 2>&1
		grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
		unshare -Ur id -u; cat /proc/sys/net/ipv4/ip_unprivileged_port_start`)
	j.User, j.Group = 101, 102
	same(t, "output", run(t, k, j), `101
102
101:102
101:102
chown
chown: changing ownership of '/f': Operation not permitted
chgrp: changing group of '/f': Operation not permitted
CapEff:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
0
0
`)
}

func TestContainerRootUser(t *testing.T) {
	k := start(t, Options{})
	out := run(t, k, shell(t, `grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; unshare -Urm sh -c 'mount -t tmpfs x /tmp && echo nested mount'
		unshare -Urmpf --mount-proc sh -c 'echo nested $$'; mount -t tmpfs x /tmp 2>/dev/null || echo no mount
		setcap cap_net_raw=ep /etc 2>/dev/null; touch /c; setcap cap_net_raw=ep /c && getcap /c; id -G`))
	same(t, "output", out, `CapInh:	0000000000000000
CapPrm:	00000000800404fb
CapEff:	00000000800404fb
CapBnd:	00000000800404fb
CapAmb:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
nested mount
nested 1
no mount
/c cap_net_raw=ep
0
`)
}

// Pid 1 reaps what its parents have left, and passes signals on.
func TestContainerInit(t *testing.T) {
	k := start(t, Options{})
	same(t, "zombies", run(t, k, shell(t, `for i in 1 2 3 4 5; do (true &) ; done; for i in $(seq 200); do grep -q '^State:.Z' /proc/[0-9]*/status 2>/dev/null || exit 0; sleep 0.05; done; echo zombies`)), "")
	same(t, "kill 1", run(t, k, shell(t, `trap 'echo got USR1; exit' USR1; kill -USR1 1; for i in $(seq 200); do sleep 0.05; done; echo end`)), "got USR1\n")
}

func TestContainerSignal(t *testing.T) {
	k := start(t, Options{})
	var out bytes.Buffer
	trapped := make(chan struct{})
	w := writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("ready\n")) {
			close(trapped)
		}
		return out.Write(p)
	})
	res, err := k.Run(context.Background(), shell(t, `trap 'echo hup; exit 5' HUP; echo ready; while :; do sleep 0.01; done`), job.Streams{Out: w,
		Started: func(r job.Running) {
			<-trapped
			if err := r.Signal(unix.SIGHUP); err != nil {
				t.Error(err)
			}
		}})
	if err != nil || res.Exit != 5 || out.String() != "ready\nhup\n" {
		t.Errorf("%+v, %v, %q", res, err, out.String())
	}
}

func TestContainerDial(t *testing.T) {
	k := start(t, Options{})
	for _, address := range []string{"127.0.0.1:80", "[::1]:80", ":80"} {
		j := helper(t, "serve", address)
		j.User, j.Group, j.Profile, j.ReadOnly = 101, 101, job.Serve, true
		ctx, cancel := context.WithCancel(context.Background())
		var last job.Running
		j.Grace = time.Second
		_, err := k.Run(ctx, j, job.Streams{Started: func(r job.Running) {
			defer cancel()
			last = r
			if _, err := r.Dial(81); err == nil || !strings.Contains(err.Error(), "connection refused") {
				t.Errorf("dial port 81: %v", err)
			}
			for range 1000 {
				c, err := r.Dial(80)
				if err != nil {
					time.Sleep(20 * time.Millisecond)
					continue
				}
				text, err := io.ReadAll(c)
				c.Close()
				if string(text) != "hello\n" || err != nil {
					t.Errorf("%s: %q, %v", address, text, err)
				}
				return
			}
			t.Errorf("%s: never answered", address)
		}})
		if err == nil || ctx.Err() == nil {
			t.Errorf("%s: %v", address, err)
		}
		if _, err := last.Dial(80); !errors.Is(err, job.ErrEnded) {
			t.Errorf("dial after the end: %v", err)
		}
		if _, err := last.Dial(0); err == nil {
			t.Error("dial port 0: no error")
		}
	}
}

func TestContainerServeProfile(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, `head -c1 /proc/kcore 2>/dev/null | wc -c; echo 1 2>/dev/null >/proc/sys/kernel/core_pattern || echo refused; stat -f -c %T /proc/acpi /proc/keys 2>/dev/null | sort -u | head -1`)
	j.Profile = job.Serve
	if out := run(t, k, j); !strings.HasPrefix(out, "0\nrefused\n") {
		t.Error(out)
	}
}

func TestContainerStreams(t *testing.T) {
	k := start(t, Options{})
	var out, errs bytes.Buffer
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { io.WriteString(w, "given\n"); w.Close() }()
	j := shell(t, "cat; echo bad >&2; head -c 1000000 /dev/zero; ls /proc/self/fd | wc -l >&2")
	if _, err := k.Run(context.Background(), j, job.Streams{In: in, Out: &out, Err: &errs}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "given\n") || out.Len() != 1000006 {
		t.Errorf("out: %d bytes", out.Len())
	}
	same(t, "err", errs.String(), "bad\n4\n") // the fourth is ls's own

	// Nothing is read, nothing is wanted.
	if res, err := k.Run(context.Background(), shell(t, "cat; echo x; echo y >&2; exit 2"), job.Streams{}); err != nil || res.Exit != 2 {
		t.Errorf("%+v, %v", res, err)
	}
	// A writer that fails does not stop the command, and is reported.
	full := fmt.Errorf("no room")
	_, err = k.Run(context.Background(), shell(t, "head -c 1000000 /dev/zero; touch /end"), job.Streams{
		Out: writerFunc(func([]byte) (int, error) { return 0, full })})
	if err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("error %v", err)
	}
	// A checkpoint that fails ends the command.
	_, err = k.Run(context.Background(), shell(t, "echo x >&3; read y <&4; sleep 1000"), job.Streams{
		Checkpoint: func(string) error { return full }})
	if err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("error %v", err)
	}
}

// openPTY makes a terminal for the test.
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); slave.Close() })
	return master, slave
}

func TestContainerTerminal(t *testing.T) {
	k := start(t, Options{})
	master, slave := openPTY(t)
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 33, Col: 77}); err != nil {
		t.Fatal(err)
	}
	before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	j := shell(t, `tty; stty size; trap 'echo; echo interrupted; exit 9' INT; echo ready; read x; echo "got $x"; echo waiting; sleep 1000; sleep 1000`)
	j.Terminal = true
	r, w := io.Pipe()
	done := make(chan job.Result, 1)
	go func() {
		res, err := k.Run(context.Background(), j, job.Streams{In: slave, Out: w})
		if err != nil {
			t.Error(err)
		}
		w.Close()
		done <- res
	}()
	var seen strings.Builder
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		fmt.Fprintln(&seen, line)
		switch line {
		case "ready":
			io.WriteString(master, "hello\r")
		case "waiting":
			time.Sleep(50 * time.Millisecond)
			io.WriteString(master, "\x03")
		}
	}
	if res := <-done; res.Exit != 9 {
		t.Errorf("%+v", res)
	}
	same(t, "terminal", seen.String(), "/dev/pts/0\n33 77\nready\nhello\ngot hello\nwaiting\n^C\ninterrupted\n")
	after, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal was not restored: %+v, was %+v, %v", after, before, err)
	}
}
